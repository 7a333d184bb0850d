"""What holds of every known export: it is recognised as itself alone, counts once, and may be cut and turned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contracts import header_key, layouts
from ingestion.expectations import judge_new_batches
from ingestion.raw import create_raw_relations
from tests.integration.ingestion.vendors.exports import (
    MAKERS,
    Export,
    paypal,
    quickbooks_journal,
    quickbooks_receivables,
    stripe_balance,
    xero,
)
from tests.unit.ingestion.drops import drop, put, rows, scan

Maker = Callable[[], Export]
every_export = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


def by_tenant(home: Path, export: Export) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """The current rows of each tenant and data set that the export fills, without where they came from."""
    found: dict[str, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    con = duckdb.connect()
    create_raw_relations(con, home)
    for data_set in layouts()[export.contract].data_sets:
        query = f"select tenant_id, * exclude (tenant_id, file_id, line) from raw_csv.{data_set.name} order by all"
        for tenant, *row in con.sql(query).fetchall():
            found[tenant][data_set.name].append(tuple(row))
    return found


@every_export
def test_it_is_recognised_as_itself_and_every_row_is_accepted(home: Path, make: Maker) -> None:
    export = make()
    receipt = drop(home, export.text())
    assert (receipt.contract, receipt.status) == (export.contract, "accepted"), (receipt.reason, receipt.notes)
    sections = sum(1 for row in export.rows if layouts()[export.contract].is_report and row[0])
    assert receipt.rows_read == receipt.rows_accepted == len(export.rows) - sections
    assert by_tenant(home, export).keys() == {"default"}


@every_export
def test_no_other_contract_comes_near_it(make: Maker) -> None:
    export = make()
    headers = {header_key(name) for name in export.header}

    def score(name: str) -> int:
        layout = layouts()[name]
        matched = {layout.headers[header] for header in headers if header in layout.headers}
        return len(matched) if matched.issuperset(layout.required) else 0

    others = {name: score(name) for name in layouts() if name != export.contract and score(name)}
    assert all(score(export.contract) > other + 1 for other in others.values()), others


@every_export
def test_the_same_content_counts_once_and_other_columns_orders_change_nothing(home: Path, make: Maker) -> None:
    export = make()
    put(home, export.text(), "1.csv", "once")
    put(home, export.text(), "1.csv", "twice")
    put(home, export.text(), "2.csv", "twice")
    first = export.header[:1] if layouts()[export.contract].is_report else []
    turned = export.with_columns([*first, *reversed(export.header[len(first) :])])
    put(home, turned.text(), "1.csv", "turned")
    put(home, export.text(), "1.csv", "both")
    put(home, turned.text(), "2.csv", "both")
    receipts = scan(home)
    statuses = {(each.tenant_id, each.file_name): each.status for each in receipts}
    assert statuses.pop(("twice", "2.csv")) == "duplicate_ignored"
    assert set(statuses.values()) == {"accepted"}
    found = by_tenant(home, export)
    once = found.pop("once")
    assert found == dict.fromkeys(("twice", "turned", "both"), once)


@every_export
def test_without_a_required_column_it_is_refused(home: Path, make: Maker) -> None:
    """Stripe's subscriptions name and number their customers: what is left of them are customers."""
    export = make()
    for name in export.required:
        others = [each for each in export.header if each != name]
        put(home, export.with_columns(others).text(), f"{name.strip('*')}.csv")
    receipts = scan(home)
    assert len(receipts) == len(export.required) > 1
    for receipt in receipts:
        if (export.contract, receipt.contract) == ("stripe_subscriptions", "customers"):
            continue
        assert receipt.status == "refused", receipt
        assert receipt.reason and ("missing" in receipt.reason or "no data set has this header" in receipt.reason)


@pytest.mark.parametrize("make", [xero, paypal, stripe_balance, quickbooks_receivables, quickbooks_journal])
def test_cut_in_two_it_gives_the_same_rows_in_either_order(home: Path, make: Maker) -> None:
    export = make()
    check_cuts(home, export, export.cuts()[:2])


@pytest.mark.long
@every_export
def test_cut_in_two_anywhere_it_gives_the_same_rows_in_either_order(home: Path, make: Maker) -> None:
    export = make()
    check_cuts(home, export, export.cuts())


def check_cuts(home: Path, export: Export, cuts: list[int]) -> None:
    """Not between identical rows: of those a file holds as many as it has, so a cut there loses count."""
    put(home, export.text(), "1.csv", "whole")
    halves = []
    for cut in cuts:
        before, after = export.rows[:cut], export.rows[cut:]
        if any(row in after for row in before):
            continue
        for order, (first, second) in {"forth": (before, after), "back": (after, before)}.items():
            halves.append(f"{order}-{cut}")
            put(home, export.with_rows(first).text(), "1.csv", f"{order}-{cut}")
            put(home, export.with_rows(second).text(), "2.csv", f"{order}-{cut}")
    for receipt in scan(home):
        assert receipt.status == "accepted", (receipt.tenant_id, receipt.file_name, receipt.reason)
    assert halves
    found = by_tenant(home, export)
    assert {tenant for tenant in halves if found[tenant] != found["whole"]} == set()


@every_export
def test_unknown_columns_stay_with_the_rows(home: Path, make: Maker) -> None:
    export = make()
    more = Export(
        export.contract,
        [*export.header, "House rule (metadata)"],
        [[*row, "" if row[0] and layouts()[export.contract].is_report else "seven"] for row in export.rows],
    )
    receipt = drop(home, more.text())
    assert receipt.status == "accepted", receipt.reason
    assert any("House rule (metadata)" in note for note in receipt.notes if note.startswith("unknown columns kept"))
    kept = [
        row["extra"]
        for data_set in layouts()[export.contract].data_sets
        for row in rows(home, f"raw_csv.{data_set.name}")
        if row["extra"]
    ]
    assert kept and all('"House rule (metadata)":"seven"' in extra for extra in kept)


def test_no_batch_of_any_export_stops_a_build(home: Path) -> None:
    for make in MAKERS:
        put(home, make().text(), f"{make.__name__}.csv")
    assert {receipt.status for receipt in scan(home)} == {"accepted"}
    assert [verdict for verdict in judge_new_batches(home) if not verdict.success] == []
