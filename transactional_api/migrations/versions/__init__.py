"""One file per step, in order; a step that was published is never edited."""
