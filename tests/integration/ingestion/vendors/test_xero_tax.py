"""Whether Xero's amounts include tax is told from the file: over many invoices it is told right or not at all."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.integration.ingestion.vendors.exports import Export, XeroLine, xero, xero_document
from tests.integration.ingestion.vendors.looking import look
from tests.unit.ingestion.drops import drop

CENT = Decimal("0.01")
RATES = [Decimal("0.15"), Decimal("0.2"), Decimal("0.081"), Decimal("0.05")]


def company(seed: int, count: int) -> tuple[Export, dict[tuple[str, str], str]]:
    """Invoices with and without tax in their lines, and the net amount of each line by hand."""
    rng = random.Random(seed)
    rows: list[dict[str, str]] = []
    nets: dict[tuple[str, str], str] = {}
    for number in range(count):
        is_inclusive, rate = rng.random() < 0.5, rng.choice(RATES)
        lines: list[XeroLine] = []
        total = tax_total = Decimal(0)
        for place in range(rng.randint(1, 6)):
            amount = Decimal(rng.randint(50, 300_000)) / 100
            share = rate if rng.random() < 0.8 else Decimal(0)
            tax = (amount * share / (1 + share if is_inclusive else 1)).quantize(CENT, ROUND_HALF_UP)
            lines.append((f"line {place}", f"{amount:.2f}", f"{tax:.2f}"))
            nets[f"X-{number}", f"line {place}"] = f"{amount - tax if is_inclusive else amount:.2f}"
            total += amount if is_inclusive else amount + tax
            tax_total += tax
        name = f"{rate * 100:f}".rstrip("0").rstrip(".") + "% (VAT on Income)"
        dates = ("13/01/2026", "28/01/2026")
        for row in xero_document(f"X-{number}", "Ada Ltd", *dates, lines, f"{total:.2f}", f"{tax_total:.2f}"):
            has_tax = row["TaxAmount"] != "0.0000"
            rows.append(row | {"TaxType": name if has_tax else "Zero Rated Income"})
    return xero(rows), nets


def found(home: Path) -> dict[tuple[str, str], str]:
    lines = look(home, "invoice_lines", "invoice_id, description, net_amount")
    return {(str(invoice), str(line)): str(net) for invoice, line, net in lines}


@pytest.mark.parametrize("seed", range(3))
def test_whole_invoices_are_told_right(home: Path, seed: int) -> None:
    export, nets = company(seed, 150)
    receipt = drop(home, export.text())
    assert (receipt.status, receipt.rows_accepted) == ("accepted", len(nets))
    assert found(home) == nets


@pytest.mark.parametrize("seed", range(3))
def test_of_invoices_with_missing_lines_none_is_told_wrong_and_most_are_told(home: Path, seed: int) -> None:
    export, nets = company(seed, 150)
    rng = random.Random(seed)
    kept = [row for row in export.rows if rng.random() < 0.6]
    receipt = drop(home, export.with_rows(kept).text())
    told = found(home)
    assert receipt.rows_read == len(kept) and len(told) == receipt.rows_accepted
    assert {key: nets[key] for key in told} == told
    assert receipt.rows_quarantined < len(kept) / 10
