"""Speed as ratios within one run: the core beside the least that could do the same work. Nothing here is asserted."""
