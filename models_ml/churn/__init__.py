"""Who will leave: `features` (what was known on a day), `pipeline` (training, scoring), `risk` (what acting is worth)."""
