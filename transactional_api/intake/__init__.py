"""Files that are sent over HTTP, their receipts, and what was wrong with their rows."""
