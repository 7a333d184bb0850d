"""Exports of two tools in one home, built: receivables and payments against a calculation by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.ingestion.vendors.exports import (
    stripe_customers,
    stripe_invoices,
    stripe_payments,
    xero_document,
)
from tests.integration.ingestion.vendors.exports import xero as xero_export
from tests.orchestration.houses import new_home, newest_version, revhouse, rows


@pytest.mark.long
def test_receivables_of_xero_and_stripe_are_those_of_a_calculation_by_hand(tmp_path: Path) -> None:
    lines = [("Licence", "100.00", "15.00"), ("Set-up", "50.00", "7.50"), ("Book", "10.00", "1.50")]
    back = [("Back", "20.00", "3.00")]
    dollars = {"Currency": "USD"}
    note = {"Type": "Sales credit note", "Status": "Awaiting Payment"}
    documents = [
        *xero_document("INV-A", "Ada Ltd", "13/01/2026", "28/01/2026", lines, "184.00", "24.00", **dollars),
        *xero_document("CN-A", "Ada Ltd", "20/01/2026", "", back, "23.00", "3.00", **dollars, **note),
    ]
    files = {
        "xero": xero_export(documents),
        "payments": stripe_payments(),
        "invoices": stripe_invoices(),
        "customers": stripe_customers(),
    }
    home = new_home(tmp_path / "home")
    for name, export in files.items():
        (tmp_path / f"{name}.csv").write_text(export.text(), newline="")
    dropped = revhouse(home, "drop", *(str(tmp_path / f"{name}.csv") for name in files))
    assert dropped.returncode == 0, dropped.stdout
    assert " accepted " in dropped.stdout and "partly_quarantined" not in dropped.stdout
    built = revhouse(home, "build", "--as-of", "2026-04-30")
    assert built.returncode == 0, built.stderr
    version = newest_version(home)

    on_the_day = "where as_of = date '2026-04-30'"
    aging = f"select invoice_id, customer_id, outstanding, days_past_due, bucket from marts.ar_aging {on_the_day}"
    # in_1 is paid by ch_1 on 31 March; in_3 is void, in_4 a draft
    assert rows(version, f"{aging} order by all") == [
        ("INV-A", "Ada Ltd", Decimal("184.00"), 92, "91-120"),
        ("in_2", "cus_2", Decimal("60.00"), 59, "31-60"),
        ("in_5", "cus_2", Decimal("33.33"), 56, "31-60"),
    ]
    # unapplied: the credit note 23, ch_4 50, ch_6 64, whose dispute was won; ch_5's 75.50 went back
    summary = f"select currency, d31_60, d91_120, unapplied, total from marts.ar_aging_summary {on_the_day}"
    assert rows(version, f"{summary} order by all") == [
        ("JPY", Decimal(0), Decimal(0), Decimal(-1200), Decimal(-1200)),
        ("USD", Decimal("93.33"), Decimal("184.00"), Decimal("-137.00"), Decimal("140.33")),
    ]
    # a day before ch_1 paid, in_1 was open and not yet due
    before = "select outstanding, bucket from marts.ar_aging_as_of(date '2026-03-30') where invoice_id = 'in_1'"
    assert rows(version, before) == [(Decimal("120.00"), "current")]
    # on the day of the charge-back the money of ch_5 is gone
    unapplied = "select -unapplied from marts.ar_aging_summary where as_of = date '2026-03-31' and currency = 'USD'"
    assert rows(version, unapplied) == [(Decimal("23.00"),)]
