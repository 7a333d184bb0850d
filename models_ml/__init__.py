"""Models trained on the warehouse. They read marts and write `ml` tables, nothing else."""
