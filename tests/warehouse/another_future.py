"""The same company with another future: everything dated after a day is moved, changed or taken away.

What a model knows on that day may not change with it. Terms that a row has from its first day (due date, end of a
discount or of a signed contract) are known and stay.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def day_of(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def later(value: Any, days: int) -> Any:
    """The same date or instant, so many days later."""
    if isinstance(value, date):
        return value + timedelta(days=days)
    return f"{date.fromisoformat(value[:10]) + timedelta(days=days)}{value[10:]}"


def another_future(rows: Rows, known_on: date, seed: int) -> Rows:
    """Rows of the drop's data sets as they might have been, given all that was dated up to a day."""
    rng = random.Random(seed)
    made: Rows = {name: [dict(row) for row in of] for name, of in rows.items()}

    def is_later(value: object) -> bool:
        return value is not None and day_of(value) > known_on

    _subscriptions(made, is_later, rng)
    _documents(made, is_later, rng)
    _deals(made, is_later, rng)
    made["product_usage"] = [
        {**row, "quantity": row["quantity"] * 3 + 1} if is_later(row["used_on"]) else row
        for row in made["product_usage"]
        if not (is_later(row["used_on"]) and rng.random() < 0.4)
    ]
    tickets = [row for row in made["support_tickets"] if not (is_later(row["opened_at"]) and rng.random() < 0.5)]
    for row in tickets:
        if is_later(row.get("closed_at")):
            row["closed_at"] = None if rng.random() < 0.5 else later(row["closed_at"], rng.randint(1, 30))
            row["satisfaction"] = rng.randint(1, 5)
    made["support_tickets"] = tickets
    for row in made["fx_rates"]:
        if is_later(row["rate_on"]):
            row["rate"] *= 2
    for row in made.get("contracts", []):
        if is_later(row["signed_on"]):
            row["ends_on"] = later(row["ends_on"], 30)
    return made


def _subscriptions(made: Rows, is_later: Callable[[object], bool], rng: random.Random) -> None:
    kept = []
    fates: dict[str, tuple[bool, int]] = {}
    for row in made["subscriptions"]:
        ends_all, days = fates.setdefault(row["subscription_id"], (rng.random() < 0.5, rng.randint(1, 40)))
        if is_later(row["started_on"]) and ends_all:
            continue
        if is_later(row["started_on"]):
            row["started_on"] = later(row["started_on"], days)
            row["quantity"] += 7
        if is_later(row.get("ended_on")):
            row["ended_on"] = None if ends_all else later(row["ended_on"], days)
        if is_later(row.get("cancel_requested_on")):
            row["cancel_requested_on"] = row["churn_reason"] = None
        if is_later(row.get("paused_from")):
            row["paused_from"] = row["paused_until"] = None
        elif is_later(row.get("paused_until")):
            row["paused_until"] = later(row["paused_until"], days)
        kept.append(row)
    made["subscriptions"] = kept


def _documents(made: Rows, is_later: Callable[[object], bool], rng: random.Random) -> None:
    """An invoice goes with its lines; money received later is moved, or was never paid."""
    gone = {row["invoice_id"] for row in made["invoices"] if is_later(row["issued_on"]) and rng.random() < 0.5}
    unpaid = {row["payment_id"] for row in made["payments"] if is_later(row["received_on"]) and rng.random() < 0.5}
    unpaid |= {row["payment_id"] for row in made["payment_allocations"] if row["invoice_id"] in gone}
    for name in ("invoices", "invoice_lines", "payment_allocations", "credit_notes"):
        made[name] = [row for row in made[name] if row.get("invoice_id") not in gone]
    for name in ("payments", "payment_allocations"):
        made[name] = [row for row in made[name] if row["payment_id"] not in unpaid]
    for row in made["invoices"]:
        if is_later(row.get("voided_on")):
            row["voided_on"], row["status"] = None, "posted"
    for name, column in (("payments", "received_on"), ("payment_allocations", "allocated_on")):
        for row in made[name]:
            if is_later(row[column]):
                row[column] = later(row[column], 3)
                if name == "payments" and rng.random() < 0.2:
                    row["status"] = "failed"


def _deals(made: Rows, is_later: Callable[[object], bool], rng: random.Random) -> None:
    gone = {row["deal_id"] for row in made["deals"] if is_later(row["created_at"]) and rng.random() < 0.5}
    made["deals"] = [row for row in made["deals"] if row["deal_id"] not in gone]
    made["deal_stages"] = [
        row for row in made["deal_stages"] if row["deal_id"] not in gone and not is_later(row["entered_at"])
    ]
    for row in made["deals"]:
        if is_later(row.get("closed_on")):
            stays_open = rng.random() < 0.5
            row["closed_on"] = None if stays_open else later(row["closed_on"], rng.randint(1, 20))
            row["stage"] = "qualified" if stays_open else "lost"
            row["customer_id"] = None
