"""Guardrails as data: decision tables in versions, of which one is active per kind."""
