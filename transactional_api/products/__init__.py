"""What is sold."""
