"""Schemathesis against a served API, once for each of several roles."""
