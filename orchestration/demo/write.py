"""Puts an invented company where a real one's data comes from: CSV files, and the core's own services."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from iso4217 import Currency

from orchestration.core import open_core
from orchestration.demo.company import Company, Row
from orchestration.settings import Settings
from transactional_api.customers import service as customers
from transactional_api.database import UnitOfWork
from transactional_api.deals import service as deals
from transactional_api.invoices import service as invoices
from transactional_api.invoices.rules import NewLine
from transactional_api.payments import service as payments
from transactional_api.products import service as products
from transactional_api.subscriptions import service as subscriptions
from transactional_api.subscriptions.rules import Period

ACTOR = "demo"
PER_TRANSACTION = 200

Write = Callable[[UnitOfWork], object]


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """One file with the columns that any of its rows has, in first-seen order. Nothing is written without rows."""
    rows = list(rows)
    if not rows:
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_company_csv(company: Company, folder: Path) -> None:
    """A file per data set."""
    for data_set, rows in company.rows.items():
        write_csv(rows, folder / f"{data_set}.csv")


def split_company(company: Company) -> tuple[Company, Company]:
    """The part that the core's services write, and the part that arrives as CSV exports.

    Every third customer belongs to an acquired business whose billing still runs elsewhere: all of their rows come as
    files, and so do credit notes, shop sales, exchange rates, usage and tickets, which the core has no writer for.
    """
    elsewhere = {row["customer_id"] for at, row in enumerate(company["customers"]) if at % 3 == 2}
    invoices = {row["invoice_id"] for row in company["invoices"] if row["customer_id"] in elsewhere}
    payments = {row["payment_id"] for row in company["payments"] if row["customer_id"] in elsewhere}
    deals = {row["deal_id"] for row in company["deals"] if row.get("customer_id") in elsewhere}
    core, files = Company(company.as_of), Company(company.as_of)
    for data_set, rows in company.rows.items():
        for row in rows:
            by_file = (
                data_set in {"credit_notes", "sales", "fx_rates", "product_usage", "support_tickets"}
                or row.get("customer_id") in elsewhere
                or row.get("invoice_id") in invoices
                or row.get("payment_id") in payments
                or row.get("deal_id") in deals
            )
            (files if by_file else core).rows.setdefault(data_set, []).append(row)
    return core, files


def write_core(company: Company, settings: Settings, tenant_id: str) -> int:
    """Writes the company through the core's services, as an integration would, many facts a transaction.

    Returns the number of changes logged; 0 where the tenant's log has entries already, so that a second demo in one
    home does not stumble over its own customers. Raises DatabaseUnavailable.
    """
    with open_core(settings) as database:
        database.migrate()
        if database.change_log_heads().get(tenant_id, 0):
            return 0
        waiting = iter(writes(company))
        while batch := list(islice(waiting, PER_TRANSACTION)):
            with database.transaction(tenant_id, ACTOR) as unit:
                for write in batch:
                    write(unit)
        return database.change_log_heads().get(tenant_id, 0)


def minor(amount: Decimal | int, currency: str) -> int:
    """Minor units; the amounts of an invented company are exact in its currencies."""
    return int(Decimal(amount).scaleb(Currency(currency).exponent or 0))


def writes(company: Company) -> Iterator[Write]:
    """Every fact as a call of a service, parents before children."""
    for row in company["products"]:
        yield _product(row)
    for row in company["customers"]:
        yield _bound(customers.create_customer, row)
    for periods in _grouped(company["subscriptions"], "subscription_id").values():
        yield _subscription(periods)
    stages = _grouped(company["deal_stages"], "deal_id")
    for row in company["deals"]:
        yield _deal(row, stages[row["deal_id"]])
    currencies = {row["invoice_id"]: row["currency"] for row in company["invoices"]}
    lines = _grouped(company["invoice_lines"], "invoice_id")
    for row in company["invoices"]:
        yield _invoice(row, lines[row["invoice_id"]])
    allocations = _grouped(company["payment_allocations"], "payment_id")
    for row in company["payments"]:
        yield _payment(row, allocations.get(row["payment_id"], []), currencies)


def _grouped(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _bound(service: Callable[..., object], values: Row) -> Write:
    return lambda unit: service(unit, **values)


def _product(row: Row) -> Write:
    values: dict[str, Any] = {name: row[name] for name in ("product_id", "name", "kind", "recognition")}
    if "currency" in row:
        values |= {
            "currency": row["currency"],
            "standalone_price_minor": minor(row["standalone_price"], row["currency"]),
            "unit_cost_minor": minor(row["unit_cost"], row["currency"]),
        }
    return _bound(products.create_product, values)


def _period(row: Row) -> Period:
    return Period(
        item_id=row["item_id"],
        started_on=row["started_on"],
        billing_interval=row["billing_interval"],
        unit_amount_minor=minor(row["unit_amount"], row["currency"]),
        quantity=Decimal(row["quantity"]),
        product_id=row["product_id"],
        discount_percent=Decimal(row["discount_percent"]) if "discount_percent" in row else None,
        discount_ends_on=row.get("discount_ends_on"),
        trial_ends_on=row.get("trial_ends_on"),
    )


def _subscription(rows: list[Row]) -> Write:
    """Starts the subscription, then lives its changes, pauses and end in order of time."""
    first, *later = sorted(rows, key=lambda row: row["started_on"])

    def write(unit: UnitOfWork) -> None:
        subscriptions.start_subscription(
            unit,
            customer_id=first["customer_id"],
            currency=first["currency"],
            subscription_id=first["subscription_id"],
            items=[_period(first)],
        )
        for row in [first, *later]:
            if row is not first:
                subscriptions.change_terms(
                    unit,
                    row["subscription_id"],
                    row["item_id"],
                    effective_on=row["started_on"],
                    unit_amount_minor=minor(row["unit_amount"], row["currency"]),
                    quantity=Decimal(row["quantity"]),
                    product_id=row["product_id"],
                )
            if "paused_from" in row:
                subscriptions.pause(
                    unit,
                    row["subscription_id"],
                    paused_from=row["paused_from"],
                    paused_until=min(row["paused_until"], row.get("ended_on", date.max)),
                )
            if "churn_reason" in row:
                subscriptions.cancel(
                    unit,
                    row["subscription_id"],
                    ended_on=row["ended_on"],
                    requested_on=row["cancel_requested_on"],
                    churn_reason=row["churn_reason"],
                )

    return write


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _deal(row: Row, stages: list[Row]) -> Write:
    kept = ("deal_id", "customer_id", "name", "owner", "product_id", "currency", "risk", "channel", "competitor")

    def write(unit: UnitOfWork) -> None:
        deals.create_deal(
            unit,
            created_at=_instant(row["created_at"]),
            stage=stages[0]["stage"],
            amount_minor=minor(row["amount"], row["currency"]),
            expected_close_on=row.get("expected_close_on"),
            **{name: row[name] for name in kept if name in row},
        )
        deals.touch(unit, row["deal_id"], touched_at=_instant(row["first_touch_at"]))
        for entered in stages[1:]:
            at = _instant(entered["entered_at"])
            if entered["stage"] == "won":
                deals.close_won(unit, row["deal_id"], closed_at=at, closed_on=row["closed_on"])
            elif entered["stage"] == "lost":
                deals.close_lost(unit, row["deal_id"], closed_at=at, closed_on=row["closed_on"])
            else:
                deals.move_to_stage(unit, row["deal_id"], entered["stage"], entered_at=at)

    return write


def _invoice(row: Row, lines: list[Row]) -> Write:
    currency = row["currency"]
    priced = [
        NewLine(
            line_id=line["line_id"],
            product_id=line["product_id"],
            quantity=Decimal(line["quantity"]),
            unit_amount_minor=minor(line["unit_amount"], currency),
            discount_minor=minor(line.get("discount_amount", 0), currency),
            tax_rate=line["tax_rate"],
            tax_minor=minor(line["tax_amount"], currency),
            tax_code=line["tax_code"],
            service_starts_on=line["service_starts_on"],
            service_ends_on=line["service_ends_on"],
        )
        for line in lines
    ]
    kept = ("invoice_id", "customer_id", "subscription_id", "issued_on", "due_on", "currency", "ship_to_country")

    def write(unit: UnitOfWork) -> None:
        invoices.stage_invoice(unit, lines=priced, **{name: row[name] for name in kept})
        invoices.post_invoice(unit, row["invoice_id"], number=row["number"], needs_approval=False)
        if "voided_on" in row:
            invoices.void_invoice(unit, row["invoice_id"], voided_on=row["voided_on"])

    return write


def _payment(row: Row, allocations: list[Row], currencies: dict[str, str]) -> Write:
    kept = ("payment_id", "customer_id", "received_on", "currency", "status", "method")

    def write(unit: UnitOfWork) -> None:
        payments.record_payment(
            unit,
            amount_minor=minor(row["amount"], row["currency"]),
            **{name: row[name] for name in kept},
        )
        for part in allocations:
            payments.allocate(
                unit,
                row["payment_id"],
                part["invoice_id"],
                allocated_on=part["allocated_on"],
                amount_minor=minor(part["amount"], currencies[part["invoice_id"]]),
            )

    return write
