"""The pipeline: a deal, its stages with their history, its end."""
