"""Models trained on the warehouse. They read marts from a DuckDB connection and write `ml` tables to it, nothing else."""
