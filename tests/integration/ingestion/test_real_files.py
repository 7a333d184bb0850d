"""Files that this project did not write, each with a generated twin that runs where they are absent."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.csv import Receipt, copy_into_drop, scan_drop
from ingestion.raw import create_raw_relations

DATA = Path(__file__).parents[3].parent / "shared" / "data"

reference = pytest.mark.reference
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the reference data is not at {DATA}")


def drop(home: Path, *paths: Path) -> list[Receipt]:
    copy_into_drop(home, paths)
    receipts = scan_drop(home, lambda _: "UTC")
    for receipt in receipts:
        assert receipt.rows_read == receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_refused
    return receipts


def current(home: Path, query: str) -> list[Any]:
    con = duckdb.connect()
    create_raw_relations(con, home)
    return con.sql(query).fetchall()


def test_generated_periods_are_accepted(home: Path, tmp_path: Path) -> None:
    lines = [f"{n},{n % 5},2019-{1 + n % 9:02}-01,{'' if n % 4 else '2019-12-01'},{50 + n}" for n in range(40)]
    path = tmp_path / "periods.csv"
    path.write_text("subscription_id,customer_id,start_date,end_date,monthly_amount\n" + "\n".join(lines))
    check_periods(home, path, 40)


@reference
@needs_data
def test_the_periods_of_mrr_playbook_are_accepted(home: Path) -> None:
    check_periods(home, DATA / "subscription_periods" / "subscription_periods.csv", 121)


def check_periods(home: Path, path: Path, count: int) -> None:
    (receipt,) = drop(home, path)
    assert (receipt.contract, receipt.status, receipt.rows_accepted) == ("mrr_playbook_periods", "accepted", count)
    with path.open(newline="") as file:
        wanted = {
            (
                row["subscription_id"],
                row["customer_id"],
                row["start_date"],
                row["end_date"] or None,
                row["monthly_amount"],
            )
            for row in csv.DictReader(file)
        }
    found = current(
        home,
        "select subscription_id, customer_id, started_on::text, ended_on::text, unit_amount::bigint::text"
        " from raw_csv.subscriptions where billing_interval = 'month' and currency is null",
    )
    assert set(found) == wanted and len(found) == count
    assert receipt.control_totals == {"": sum(Decimal(row[4]) for row in wanted)}


def write_pipeline(folder: Path) -> list[Path]:
    paths = []
    for name, style in (("iso", "{y}-{m:02}-{d:02}"), ("us", "{m}/{d}/{y}"), ("dmy", "{d:02}-{m:02}-{s}")):
        lines = ["opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"]
        for n in range(200):
            day = style.format(y=2016 + n % 2, m=1 + n % 12, d=1 + n % 28, s=16 + n % 2) if n % 10 else ""
            closed = n % 3 == 0
            value = f"{n}{'.0' if name == 'iso' else ''}" if closed else ""
            account = "" if n % 7 == 0 else f"Acme {n}"
            lines.append(
                f"D{n},Ann,GTXPro,{account},{'Won' if closed else 'Engaging'},{day},{day if closed else ''},{value}"
            )
        path = folder / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n")
        paths.append(path)
    return paths


def test_a_generated_pipeline_is_the_same_in_three_date_encodings(tmp_path: Path) -> None:
    check_pipelines(tmp_path, write_pipeline(tmp_path), 200)


@reference
@needs_data
def test_the_maven_pipeline_is_the_same_in_three_date_encodings(tmp_path: Path) -> None:
    folder = DATA / "crm_opportunities"
    names = ("sales_pipeline.csv", "sales_pipeline_us_dates.csv", "sales_pipeline_dmy.csv")
    check_pipelines(tmp_path, [folder / name for name in names], 8800)


def check_pipelines(tmp_path: Path, paths: list[Path], count: int) -> None:
    found = []
    for path in paths:
        home = tmp_path / f"home-{path.stem}"
        (receipt,) = drop(home, path)
        assert (receipt.contract, receipt.status, receipt.rows_accepted) == ("maven_crm_pipeline", "accepted", count)
        rows = current(home, "select * exclude (file_id, line) from raw_csv.deals order by deal_id")
        assert len(rows) == count
        found.append((receipt.control_totals, rows))
    assert found[0] == found[1] == found[2]
    blanks = current(
        tmp_path / f"home-{paths[0].stem}",
        "select count(*) filter (customer_id is null), count(*) filter (created_at is null),"
        " count(*) filter (amount is null) from raw_csv.deals",
    )
    assert all(blank > 0 for blank in blanks[0])


def write_retail(folder: Path) -> Path:
    days = folder / "retail"
    days.mkdir()
    for day in range(1, 8):
        lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
        for n in range(60):
            number = f"C{day}{n}" if n % 9 == 0 else f"{day}{n}"
            quantity = -n if n % 9 == 0 else n % 20 + 1
            lines.append(
                f'{number},S{n % 5},"A ""B"", £{n}",{quantity},2011-0{1 + day % 3}-0{day} 08:26:00,{n}.{n:02},,UK'
            )
            lines += lines[-1:] if n % 13 == 0 else []
        (days / f"{day}.csv").write_text("\n".join(lines) + "\n")
    return days


def test_generated_retail_days_add_up_to_the_penny(home: Path, tmp_path: Path) -> None:
    check_retail(home, write_retail(tmp_path))


@reference
@needs_data
def test_the_uci_retail_days_add_up_to_the_penny(home: Path) -> None:
    check_retail(home, DATA / "online_retail")


def check_retail(home: Path, folder: Path) -> None:
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    count = 0
    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                count += 1
                wanted[row["InvoiceDate"][:7]] += Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
    receipts = drop(home, folder)
    assert sum(receipt.rows_read for receipt in receipts) == count
    assert sum(receipt.rows_accepted for receipt in receipts) == count
    assert sum(receipt.control_totals[""] for receipt in receipts) == sum(wanted.values())
    per_month = "select strftime(sold_at, '%Y-%m'), sum(quantity * unit_price) from raw_csv.sales group by 1"
    assert dict(current(home, per_month)) == wanted
    before = current(home, "from raw_csv.sales order by all")
    again = drop(home, folder)
    assert {receipt.status for receipt in again} == {"duplicate_ignored"}
    assert current(home, "from raw_csv.sales order by all") == before
