"""Which months of the books are closed."""
