"""Erasing a person: every personal value that the core holds about a customer, in rows, answers and files."""
