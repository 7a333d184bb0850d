"""What the features are called, and what to do about those that raise the risk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

MOST_INTERVENTIONS = 3

WORDS: Mapping[str, tuple[str, str]] = {
    "mrr_number": ("MRR", "amount"),
    "mrr_change_3m": ("MRR against three months before", "change"),
    "mrr_change_12m": ("MRR against twelve months before", "change"),
    "mrr_to_peak": ("MRR against the highest of a year", "share"),
    "contractions_12m": ("months of the year in which they paid less", "count"),
    "expansions_12m": ("months of the year in which they paid more", "count"),
    "tenure_months": ("months since the first", "count"),
    "months_away": ("months without MRR since then", "count"),
    "items": ("subscription items", "count"),
    "quantity": ("seats or units", "count"),
    "billing_months": ("months billed at a time", "count"),
    "discount_percent": ("discount in percent", "count"),
    "discount_days_left": ("days until the discount ends", "count"),
    "renewal_days_left": ("days until the next renewal", "count"),
    "contract_days_left": ("days until the contract ends", "count"),
    "is_cancelling": ("notice given", "yes"),
    "failed_payments_90d": ("failed payments in 90 days", "count"),
    "failed_payments_365d": ("failed payments in a year", "count"),
    "late_days_180d": ("days late on average when paying", "count"),
    "overdue_days": ("days that the oldest open invoice is overdue", "count"),
    "overdue_to_mrr": ("overdue amount in months of MRR", "count"),
    "usage_30d": ("usage in 30 days", "count"),
    "usage_change_30d": ("usage in 30 days against the 60 before", "change"),
    "usage_change_90d": ("usage in 90 days against the 90 before", "change"),
    "active_days_30d": ("days with usage of 30", "count"),
    "days_since_usage": ("days since the last usage", "count"),
    "tickets_90d": ("tickets opened in 90 days", "count"),
    "tickets_open": ("tickets open", "count"),
    "ticket_open_days": ("days that the oldest open ticket waits", "count"),
    "satisfaction_365d": ("satisfaction with tickets closed in a year", "count"),
    "segment": ("segment", "text"),
    "industry": ("industry", "text"),
    "country": ("country", "text"),
    "acquisition_channel": ("acquisition channel", "text"),
    "product": ("product", "text"),
}


def interventions(raising: Sequence[str], suggestions: Mapping[str, str]) -> str:
    """The suggestions for what raises the risk, strongest first, each once, as a JSON array."""
    found = dict.fromkeys(suggestions[feature] for feature in raising if feature in suggestions)
    return json.dumps(list(found)[:MOST_INTERVENTIONS], ensure_ascii=False)
