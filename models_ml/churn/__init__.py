"""Who will leave: `features` (what was known on a day), `training`, `scoring`, `risk` (by cost), `reasons`."""
