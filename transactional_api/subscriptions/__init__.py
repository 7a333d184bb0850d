"""Recurring agreements: items in price periods with half-open ranges of days."""
