"""Puts an invented company where a real one's data comes from: CSV files, and the core's own services."""

import csv
from collections.abc import Iterable
from pathlib import Path

from orchestration.demo.company import Company, Row


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
    files, and so do credit notes, shop sales and exchange rates, which the core has no writer for.
    """
    elsewhere = {row["customer_id"] for at, row in enumerate(company["customers"]) if at % 3 == 2}
    invoices = {row["invoice_id"] for row in company["invoices"] if row["customer_id"] in elsewhere}
    payments = {row["payment_id"] for row in company["payments"] if row["customer_id"] in elsewhere}
    deals = {row["deal_id"] for row in company["deals"] if row.get("customer_id") in elsewhere}
    core, files = Company(company.as_of), Company(company.as_of)
    for data_set, rows in company.rows.items():
        for row in rows:
            by_file = (
                data_set in {"credit_notes", "sales", "fx_rates"}
                or row.get("customer_id") in elsewhere
                or row.get("invoice_id") in invoices
                or row.get("payment_id") in payments
                or row.get("deal_id") in deals
            )
            (files if by_file else core).rows.setdefault(data_set, []).append(row)
    return core, files
