"""What the invented company's customers do with the product, and when they ask for help: usage and tickets.

Made from the same lives as their invoices, after them and from a stream of random numbers per customer, so that the
documents stay as they are. Most who leave use less and complain more in the months before; some leave without a sign,
and some who stay have a quiet season.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from orchestration.demo.company import Company, Row

WEEK = timedelta(days=7)
FADING = 100
"""Days before the end in which a customer who shows signs fades out."""


def add_engagement(company: Company, seed: int) -> None:
    """Adds `product_usage` (a row per week) and `support_tickets` to a company that `invent_company` made."""
    lives: dict[str, list[Row]] = {}
    for row in company["subscriptions"]:
        lives.setdefault(row["customer_id"], []).append(row)
    for customer_id, rows in lives.items():
        rng = random.Random(f"{seed} {customer_id}")
        for start, end in _stretches(rows):
            _live(company, rng, customer_id, start, end, seats=int(rows[0]["quantity"]))


def _stretches(rows: list[Row]) -> Iterator[tuple[date, date | None]]:
    """From the first day of each subscription to its end; None while it lives."""
    of: dict[str, list[Row]] = {}
    for row in rows:
        of.setdefault(row["subscription_id"], []).append(row)
    for periods in of.values():
        ended = [row["ended_on"] for row in periods if "churn_reason" in row]
        yield min(row["started_on"] for row in periods), ended[0] if ended else None


def _live(company: Company, rng: random.Random, customer_id: str, start: date, end: date | None, seats: int) -> None:
    level = seats * rng.uniform(4, 12)
    shows_signs = end is not None and rng.random() < 0.75
    quiet = start + timedelta(days=rng.randint(60, 900)) if rng.random() < 0.25 else None
    last = min(end or company.as_of, company.as_of)
    day = start + timedelta(days=(7 - start.weekday()) % 7)
    while day <= last:
        is_quiet = quiet is not None and quiet <= day < quiet + timedelta(days=35)
        left = (end - day).days if end is not None and shows_signs else FADING
        share = max(0.1, min(1.0, left / FADING)) * (0.5 if is_quiet else 1.0)
        level *= 1 + rng.gauss(0.002, 0.02)
        sessions = round(level * share * rng.lognormvariate(0, 0.2))
        if sessions > 0:
            company.add("product_usage", customer_id=customer_id, used_on=day, metric="sessions", quantity=sessions)
        if rng.random() < (0.10 if left < FADING else 0.025):
            _ticket(company, rng, customer_id, day, is_unhappy=left < FADING)
        day += WEEK


def _ticket(company: Company, rng: random.Random, customer_id: str, day: date, *, is_unhappy: bool) -> None:
    closed = day + timedelta(days=rng.randint(0, 25 if is_unhappy else 9))
    company.add(
        "support_tickets",
        ticket_id=f"K{len(company['support_tickets']) + 1:05d}",
        customer_id=customer_id,
        opened_at=f"{day}T{rng.randint(8, 17):02d}:{rng.randint(0, 59):02d}:00Z",
        closed_at=f"{closed}T17:00:00Z" if closed <= company.as_of else None,
        priority=rng.choice(("low", "normal", "normal", "high")),
        satisfaction=rng.choice((1, 2, 3) if is_unhappy else (3, 4, 4, 5, 5)) if rng.random() < 0.6 else None,
    )
