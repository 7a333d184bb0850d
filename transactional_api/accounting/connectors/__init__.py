"""Accounting systems that journals are posted to."""
