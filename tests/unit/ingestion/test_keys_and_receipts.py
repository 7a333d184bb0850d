"""Keys, duplicates, corrections, undo, receipts: what is current after which drops, and what was known
when.
"""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts import Column, Layout, data_sets, layouts
from ingestion.csv import copy_into_drop, scan_drop
from ingestion.errors import NotDroppable, UnknownFile
from ingestion.expectations import judge_new_batches
from ingestion.raw import create_intake_ops, create_raw_relations
from ingestion.retract import undo

from .drops import drop, facts, put, reasons, rows, scan

HEAD = "payment_id,customer_id,received_on,amount,currency\n"
P1 = "P1,C1,2024-01-31,10.50,EUR\n"
P1_CORRECTED = "P1,C1,2024-01-31,99,EUR\n"
P2 = "P2,C1,2024-01-31,1,USD\n"
SOLD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
SALE = "536365,85123A,A HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
RETURN = "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,,United Kingdom\n"


# Cells of exports whose own rules tie them to other cells of the row.
TIED = {
    ("paypal_activity", "fee"): "0",
    ("quickbooks_journal", "credit"): "",
    ("stripe_balance", "fee"): "0",
    ("stripe_payments", "dispute"): "lost",
    ("xero_invoice_import", "discount"): "0",
}


def sample(column: Column) -> str:
    return {
        "id": "X1",
        "text": "some text",
        "enum": column.values[0] if column.values else "",
        "currency": "EUR",
        "date": "2024-01-31",
        "instant": "2024-01-31 10:00:00",
        "integer": "3",
        "boolean": "true",
        "fraction": "0.25",
    }.get(column.type, "12.5")


@pytest.mark.parametrize("layout", layouts().values(), ids=lambda layout: layout.name)
def test_every_contract_reads_a_full_row_and_a_minimal_row(home: Path, layout: Layout) -> None:
    spelled = {target: header for header, target in reversed(layout.headers.items())}
    for names in {tuple(layout.columns), tuple(layout.required)}:
        cells = [TIED.get((layout.name, name), sample(layout.columns[name])) for name in names]
        first = [""] if layout.is_report else []
        content = ",".join(first + [spelled[n] for n in names]) + "\n" + ",".join(first + cells)
        receipt = drop(home, content + "\n", tenant=f"t{len(names)}")
        assert (receipt.contract, receipt.status, receipt.rows_accepted) == (layout.name, "accepted", 1)
    found = rows(home, f"raw_csv.{layout.data_set.name}")
    assert len(found) == len({len(layout.columns), len(layout.required)})
    verdicts = judge_new_batches(home) if layout.name in ("sales", "bank_statement", "mrr_playbook_periods") else []
    assert all(verdict.success for verdict in verdicts)


def test_an_empty_home_has_every_relation_empty(home: Path) -> None:
    con = duckdb.connect()
    held = create_raw_relations(con, home)
    create_intake_ops(con, home)
    assert set(held.values()) == {0}
    for name, data_set in data_sets().items():
        found = con.sql(f"describe raw_csv.{name}").fetchall()
        wanted = [("tenant_id", "VARCHAR"), ("file_id", "VARCHAR"), ("line", "BIGINT")]
        assert [row[:2] for row in found] == [*wanted, *data_set.stored_columns(), ("extra", "VARCHAR")]
        assert con.sql(f"from raw_csv.{name}").fetchall() == []
    assert con.sql("from ops.ingest_receipts").fetchall() == []
    assert con.sql("from ops.quarantined_rows").fetchall() == []
    assert scan(home) == []


def test_relations_have_the_same_types_with_rows(home: Path) -> None:
    drop(home, HEAD + P1)
    con = duckdb.connect()
    create_raw_relations(con, home)
    found = [row[:2] for row in con.sql("describe raw_csv.payments").fetchall()]
    assert found[3:-1] == data_sets()["payments"].stored_columns()


def test_identical_rows_are_accepted_and_held_once(home: Path) -> None:
    receipt = drop(home, HEAD + P1 + P2 + P1.replace("10.50", "10.5"))
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (3, 3, 0)
    assert receipt.control_totals == {"EUR": Decimal("10.50"), "USD": Decimal("1.00")}
    assert [(row["payment_id"], row["line"]) for row in rows(home, "raw_csv.payments")] == [("P1", 2), ("P2", 3)]


def test_different_bodies_with_one_key_are_all_quarantined(home: Path) -> None:
    receipt = drop(home, HEAD + P1 + P2 + P1_CORRECTED + P1)
    assert (receipt.rows_accepted, receipt.rows_quarantined, receipt.status) == (1, 3, "partly_quarantined")
    assert reasons(home) == [
        (line, "payment_id", "P1", "stands in this file with different contents") for line in (2, 4, 5)
    ]
    assert [row["payment_id"] for row in rows(home, "raw_csv.payments")] == ["P2"]


def test_a_bad_row_does_not_make_its_good_twin_clash(home: Path) -> None:
    receipt = drop(home, HEAD + P1 + "P1,C1,2024-01-31,x,EUR\n")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 1)


def test_a_key_of_several_columns_with_a_blank_one(home: Path) -> None:
    head = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,item_id\n"
    receipt = drop(home, head + "S1,C1,2024-01-01,1,EUR,month,\nS1,C1,2024-01-01,1,EUR,month,a\n")
    assert receipt.rows_accepted == 2
    assert len(rows(home, "raw_csv.subscriptions")) == 2


def test_a_later_file_replaces_and_both_stay_in_history(home: Path) -> None:
    first = drop(home, HEAD + P1)
    second = drop(home, HEAD + P1_CORRECTED)
    (now,) = rows(home, "raw_csv.payments")
    assert (now["amount"], now["file_id"]) == (Decimal(99), second.file_id)
    (then,) = rows(home, "raw_csv.payments", known_at=first.accepted_seq)
    assert then["amount"] == Decimal("10.5")
    assert rows(home, "ops.ingest_receipts", known_at=first.accepted_seq)[0]["file_id"] == first.file_id


def test_the_same_content_counts_once_under_any_name_also_after_a_correction(home: Path) -> None:
    first = drop(home, HEAD + P1)
    drop(home, HEAD + P1_CORRECTED)
    again = drop(home, HEAD + P1, "other name.txt")
    assert (again.status, again.rows_read) == ("duplicate_ignored", 0)
    assert again.reason == f"same content as {first.file_id}"
    assert rows(home, "raw_csv.payments")[0]["amount"] == Decimal(99)


def test_the_same_content_of_another_tenant_is_its_own(home: Path) -> None:
    for tenant in (None, "a", "b"):
        assert drop(home, HEAD + P1, tenant=tenant).status == "accepted"
    assert [row["tenant_id"] for row in rows(home, "raw_csv.payments")] == ["a", "b", "default"]


def test_undo_brings_back_what_was_replaced_and_the_content_counts_again(home: Path) -> None:
    drop(home, HEAD + P1 + P2)
    before = facts(home, "raw_csv.payments")
    correction = drop(home, HEAD + P1_CORRECTED + "P9,,2024-01-31,1,EUR\n")
    undone_at = undo(home, correction.file_id)
    assert facts(home, "raw_csv.payments") == before
    assert rows(home, "ops.quarantined_rows") == []
    assert [row["status"] for row in rows(home, "ops.ingest_receipts")] == ["accepted", "undone"]
    assert facts(home, "raw_csv.payments", known_at=undone_at - 1) != before
    again = drop(home, HEAD + P1_CORRECTED + "P9,,2024-01-31,1,EUR\n")
    assert again.status == "partly_quarantined"
    assert Decimal(99) in [row["amount"] for row in rows(home, "raw_csv.payments")]


def test_undo_of_what_has_no_rows_says_so(home: Path) -> None:
    receipt = drop(home, HEAD + P1)
    refused = drop(home, "what,is,this\n1,2,3\n")
    undo(home, receipt.file_id)
    with pytest.raises(UnknownFile, match="taken back already"):
        undo(home, receipt.file_id)
    with pytest.raises(UnknownFile, match="was refused"):
        undo(home, refused.file_id)
    with pytest.raises(UnknownFile, match="no file f99"):
        undo(home, "f99")


def test_a_set_without_a_key_keeps_the_largest_count_of_any_one_file(home: Path) -> None:
    receipt = drop(home, SOLD + SALE + RETURN + SALE)
    assert receipt.control_totals == {"": Decimal("3.10")}
    drop(home, SOLD + SALE + SALE + SALE)
    drop(home, SOLD + RETURN)
    found = rows(home, "raw_csv.sales")
    assert sorted(row["quantity"] for row in found) == [-1, 6, 6, 6]
    assert len({row["sale_id"] for row in found}) == 4
    assert {row["customer_id"] for row in found} == {"17850.0", None}
    assert json.loads(found[0]["extra"]).keys() == {"Description"}


def test_bank_lines_have_no_key_and_none_is_invented(home: Path) -> None:
    head = "posted_on,amount,currency,description\n"
    receipt = drop(home, head + "2024-01-31,-4.50,USD,COFFEE\n" * 2)
    assert (receipt.rows_accepted, receipt.control_totals) == (2, {"USD": Decimal("-9.00")})
    assert len(rows(home, "raw_csv.bank_statement")) == 2


def test_control_totals_are_per_currency_and_exact(home: Path) -> None:
    head = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval,quantity\n"
    receipt = drop(
        home,
        head
        + "S1,C,2024-01-01,0.000001,USD,month,3\nS2,C,2024-01-01,100,JPY,month,\nS3,C,2024-01-01,1.25,KWD,month,2\n",
    )
    assert receipt.control_totals == {"JPY": Decimal(100), "KWD": Decimal("2.500"), "USD": Decimal("0.000003")}
    assert rows(home, "ops.ingest_receipts")[0]["control_totals"] == '{"JPY": "100", "KWD": "2.500", "USD": "0.000003"}'


def test_a_file_of_which_nothing_is_good_is_not_refused(home: Path) -> None:
    receipt = drop(home, HEAD + ",,,,x\n")
    assert (receipt.status, receipt.rows_quarantined, receipt.control_totals) == ("partly_quarantined", 1, {})
    verdicts = judge_new_batches(home)
    warned = [verdict for verdict in verdicts if not verdict.success]
    assert [(v.expectation, v.severity, v.failing_file_ids) for v in warned] == [
        ("few rows quarantined", "warn", (receipt.file_id,))
    ]


def test_a_header_alone_is_accepted_with_no_rows(home: Path) -> None:
    receipt = drop(home, HEAD)
    assert (receipt.status, receipt.rows_read) == ("accepted", 0)


def test_a_refused_file_counts_its_rows_where_they_were_read(home: Path) -> None:
    receipt = drop(home, HEAD + "P1,C1,01/02/2024,1,EUR\nP2,C1,02/01/2024,1,EUR\n")
    assert (receipt.rows_read, receipt.rows_refused) == (2, 2)


def test_an_ended_subscription_that_never_started_is_quarantined(home: Path) -> None:
    head = "subscription_id,customer_id,start_date,end_date,monthly_amount\n"
    receipt = drop(home, head + "1,1,2024-02-01,2024-01-01,50\n2,1,2024-02-01,,50\n")
    assert receipt.contract == "mrr_playbook_periods"
    assert reasons(home) == [(2, "ended_on", "2024-01-01", "is before started_on")]


def test_headers_choose_the_closest_contract(home: Path) -> None:
    both = "deal_id,stage,entered_at,created_at,amount,currency\nD1,won,2024-01-01,2024-01-01,1,EUR\n"
    assert drop(home, both).data_set == "deals"
    assert drop(home, "deal_id,stage,entered_at\nD1,won,2024-01-01\n").data_set == "deal_stages"


def test_two_contracts_that_fit_equally_well_refuse_the_file(home: Path) -> None:
    receipt = drop(
        home, "bill_id,bill_payment_id,paid_on,amount,write_off_id,invoice_id,written_off_on\n1,1,1,1,1,1,1\n"
    )
    assert receipt.reason == "fits equally well: bill_payments and write_offs"


def test_copies_go_to_the_tenant_and_a_folders_name_is_never_one(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "acme"
    (mine / "deep").mkdir(parents=True)
    (mine / "a.csv").write_text(HEAD + P1)
    (mine / "deep" / "b.csv").write_text(HEAD + P2)
    (mine / ".hidden").write_text("x")
    (mine / "link.csv").symlink_to(mine / "a.csv")
    copies = copy_into_drop(home, [mine])
    assert [str(path.relative_to(home / "drop")) for path in copies] == [
        "default/acme/a.csv",
        "default/acme/deep/b.csv",
    ]
    assert (mine / "a.csv").exists()
    assert [(r.tenant_id, r.file_name) for r in scan(home)] == [
        ("default", "acme/a.csv"),
        ("default", "acme/deep/b.csv"),
    ]
    copy_into_drop(home, [mine / "a.csv"], "t1")
    copy_into_drop(home, [mine / "a.csv"], "t1")
    assert [(r.tenant_id, r.file_name, r.status) for r in scan(home)] == [
        ("t1", "a.csv", "accepted"),
        ("t1", "a~0001.csv", "duplicate_ignored"),
    ]


@pytest.mark.parametrize("tenant", ["..", "a/b", ".hidden", "", " "])
def test_a_tenant_cannot_lead_out_of_the_drop(home: Path, tmp_path: Path, tenant: str) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    if not tenant:
        assert copy_into_drop(home, [tmp_path / "a.csv"], tenant)[0].parent.name == "default"
        return
    with pytest.raises(NotDroppable, match="cannot be a tenant"):
        copy_into_drop(home, [tmp_path / "a.csv"], tenant)


def test_what_the_user_names_and_cannot_be_dropped_is_an_error(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(NotDroppable, match="No such file"):
        copy_into_drop(home, [tmp_path / "missing.csv"])
    with pytest.raises(NotDroppable, match="links and pipes"):
        copy_into_drop(home, [tmp_path / "link"])


def test_accepted_files_leave_the_inbox(home: Path) -> None:
    path = put(home, HEAD + P1, tenant="t")
    (receipt,) = scan(home)
    assert not path.exists()
    assert (home / "drop" / ".accepted" / receipt.file_id / "file.csv").read_text() == HEAD + P1
    assert scan(home) == []


def test_receipts_come_one_by_one_in_the_order_of_names(home: Path) -> None:
    for name in ("b.csv", "a.csv", "c.csv"):
        put(home, HEAD + P1.replace("P1", name), name)
    seen: list[str] = []
    receipts = scan_drop(home, lambda _: "UTC", lambda receipt: seen.append(receipt.file_name))
    assert seen == ["a.csv", "b.csv", "c.csv"] == [receipt.file_name for receipt in receipts]
    assert [receipt.accepted_seq for receipt in receipts] == [1, 2, 3]


def test_dropping_imports_no_heavy_library() -> None:
    code = "import sys, ingestion.csv, ingestion.raw, ingestion.retract; print([m for m in"
    code += " ('pandas', 'polars', 'great_expectations', 'pyarrow', 'dagster') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_blocking_verdict_stands_until_its_file_is_taken_back(home: Path) -> None:
    from ingestion.journal import Journal

    receipt = drop(home, HEAD + P1)
    with Journal(home) as journal, journal.writing() as db:
        db.execute("update parts set profile = json_set(profile, '$.\"nulls:amount\"', 1)")
    first = [verdict for verdict in judge_new_batches(home) if verdict.is_blocking]
    assert [(v.expectation, v.failing_file_ids) for v in first] == [("amount is never null", (receipt.file_id,))]
    assert [v.expectation for v in judge_new_batches(home) if v.is_blocking] == ["amount is never null"]
    undo(home, receipt.file_id)
    assert judge_new_batches(home) == []
    assert any(not row["success"] for row in rows(home, "ops.batch_verdicts"))
