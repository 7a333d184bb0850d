"""Contracts, what they promise, and what of their price is earned."""
