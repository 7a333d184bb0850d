"""Which open deals will be won, and when: `features` (what was known on a day), `training`, `closing`, `scoring`."""
