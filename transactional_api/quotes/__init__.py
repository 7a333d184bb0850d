"""Quotes under deals: priced lines, judged by the guardrails in force."""
