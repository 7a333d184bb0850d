"""From a published figure to the line of the file or the entry of the core's log that made it, as a user asks."""

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_core
from orchestration.settings import Settings
from tests.orchestration.houses import build, drop, in_process, new_home, revhouse

FILES = {
    "subscriptions.csv": """subscription_id,customer_id,started_on,ended_on,unit_amount,currency,billing_interval
S1,C1,2025-01-05,2025-09-01,100.00,USD,month
S1,C1,2025-09-01,,130.00,USD,month
S2,C2,2025-02-10,2026-01-15,50.00,USD,month
S3,C3,2026-01-20,,70.00,USD,month
""",
    "invoices.csv": """invoice_id,customer_id,issued_on,due_on,currency,status,ship_to_country
I1,C1,2026-01-01,2026-01-31,USD,posted,DE
I2,C2,2026-02-01,2026-03-10,USD,posted,DE
""",
    "invoice_lines.csv": """line_id,invoice_id,net_amount,tax_amount,tax_rate,service_starts_on,service_ends_on
L1,I1,1200.00,228.00,0.19,2026-01-01,2026-12-31
L2,I1,100.00,19.00,0.19,2026-01-01,2026-01-31
L3,I2,500.00,95.00,0.19,,
""",
    "payments.csv": """payment_id,customer_id,received_on,amount,currency,invoice_id
P1,C1,2026-02-20,547.00,USD,I1
""",
}
MARCH = date(2026, 3, 31)


def put(folder: Path, name: str, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    home = new_home(folder / "home")
    paths = [put(folder / "files", name, text) for name, text in FILES.items()]
    drop(home, *paths, tenant="acme")
    build(home, MARCH)
    return home


@pytest.fixture(scope="module")
def with_core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = new_home(tmp_path_factory.mktemp("explained_core") / "home")
    core, _ = split_company(invent_company(9, customers=12, months=14, currencies=(("USD", 1.0),)))
    write_core(core, Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}"), "acme")
    build(home, date(2026, 10, 31))
    return home


def explained(home: Path, table: str, column: str, where: str) -> dict[str, Any]:
    done = revhouse(home, "explain", table, column, "--where", where, "--format", "json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["is_exact"]
    sums: dict[str | None, Decimal] = {}
    for part in answer["parts"]:
        sums[part["side"]] = sums.get(part["side"], Decimal(0)) + Decimal(part["amount"])
    assert sums == {side["side"]: Decimal(side["amount"]) for side in answer["sides"]}
    return answer


def lines(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(
        (part["side"] or "", part["party"], Path(part["file_name"]).name, part["line"], Decimal(part["amount"]))
        for part in answer["parts"]
        if Decimal(part["amount"])
    )


def test_net_revenue_retention_leads_to_both_its_sides_and_the_lines_of_subscriptions(dropped: Path) -> None:
    answer = explained(dropped, "revenue_metrics", "nrr_12m", "month = '2026-03-01'")
    assert answer["value"] == 130 / 150
    assert lines(answer) == [
        ("denominator", "C1", "subscriptions.csv", 2, Decimal(100)),
        ("denominator", "C2", "subscriptions.csv", 4, Decimal(50)),
        ("numerator", "C1", "subscriptions.csv", 3, Decimal(130)),
    ]


def test_a_bucket_of_receivables_leads_to_the_lines_of_invoices_and_payments(dropped: Path) -> None:
    answer = explained(dropped, "ar_aging_summary", "d31_60", "as_of = '2026-03-31'")
    assert Decimal(answer["value"]) == 1000
    assert lines(answer) == [
        ("", "C1", "invoice_lines.csv", 2, Decimal(1428)),
        ("", "C1", "invoice_lines.csv", 3, Decimal(119)),
        ("", "C1", "payments.csv", 2, Decimal(-547)),
    ]
    header = next(part for part in answer["parts"] if part["source_table"] == "invoices")
    assert (header["source_id"], header["line"], header["row"]["due_on"]) == ("I1", 2, "2026-01-31")


def test_deferred_revenue_and_tax_lead_to_their_invoice_lines(dropped: Path) -> None:
    deferred = explained(dropped, "deferred_revenue_rollforward", "closing", "month = '2026-03-01'")
    assert lines(deferred) == [("", "C1", "invoice_lines.csv", 2, Decimal(deferred["value"]))]
    tax = explained(dropped, "marts.tax_summary", "tax_charged", "period = '2026-02-01'")
    assert lines(tax) == [("", "C2", "invoice_lines.csv", 4, Decimal(95))]


def test_the_sum_of_several_rows_leads_to_the_parts_of_all(dropped: Path) -> None:
    answer = explained(dropped, "mrr_movements", "new_mrr", "month >= '2025-01-01'")
    assert Decimal(answer["value"]) == 220
    assert [line[3] for line in lines(answer)] == [2, 4, 5]


def test_what_is_shown_on_a_terminal_is_the_figure_its_words_and_its_largest_parts(dropped: Path) -> None:
    done = revhouse(dropped, "explain", "ar_aging_summary", "total", "--where", "as_of = '2026-03-31'", "--limit", "1")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "ar_aging_summary.total = 1,595" in text and "the control account" in text
    assert "1,000  C1" in text and "and 1 more, together 595" in text
    assert "invoice_lines.csv line 2 (f" in text and "net_amount=1200" in text


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("revenue_metrics", "nrr_12m", "month = '2026-10-01'"),
        ("ar_aging_summary", "total", "as_of = '2026-10-31'"),
        ("deferred_revenue_rollforward", "closing", "month = '2026-10-01'"),
        ("tax_summary", "zero_rated", "period = '2026-10-01' and zero_rated > 0"),
    ],
)
def test_figures_of_the_core_lead_to_entries_of_its_log(with_core: Path, table: str, column: str, where: str) -> None:
    answer = explained(with_core, table, column, where)
    assert answer["parts"]
    for part in answer["parts"]:
        assert part["change_no"] > 0 and part["file_id"] is None
        entry = part["entry"]
        assert len(entry["entry_hash"]) == 64 and entry["actor"] and entry["changed_at"].startswith("20")
        assert entry["entity"] and entry["after"]


def test_without_the_core_at_hand_the_entry_keeps_its_number_hash_and_time(with_core: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(with_core, tmp_path / "home"))
    question = "mrr_movements", "closing_mrr", "month = '2026-10-01'"
    known = {part["change_no"]: part["entry"]["entry_hash"] for part in explained(home, *question)["parts"]}
    for path in home.glob("core.db*"):
        path.unlink()
    parts = explained(home, *question)["parts"]
    assert {part["change_no"]: part["entry"]["entry_hash"] for part in parts} == known
    assert not (home / "core.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("revenue_metrics", "is_partial"), "of revenue_metrics these can: opening_mrr, new_mrr"),
        (("no_such_table", "mrr"), "these can:\n  mrr_movements: opening_mrr"),
        (("revenue_metrics", "mrr", "--where", "month = '1999-01-01'"), "no row of marts.revenue_metrics fits"),
        (("revenue_metrics", "mrr", "--where", "month ="), "--where is no condition over marts.revenue_metrics"),
        (("revenue_metrics", "mrr", "--where", "nothing = 1"), 'column "nothing" not found'),
        (("revenue_metrics", "mrr", "--where", "true); select (1"), "--where is one condition"),
        (("revenue_metrics", "nrr_12m"), "is no sum"),
        (("revenue_metrics", "mrr", "--version", "last"), "is not a version"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_what_can(
    dropped: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = revhouse(dropped, "explain", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_before_the_first_publication_there_is_nothing_to_explain(tmp_path: Path) -> None:
    done = revhouse(tmp_path / "home", "explain", "revenue_metrics", "mrr")
    assert done.returncode == 1
    assert "nothing published yet; run revhouse build" in done.stderr


def test_the_lineage_of_figures_can_be_queried(dropped: Path) -> None:
    query = (
        "select source_table, source_id, line, amount::varchar from ops.metric_lineage where table_name = 'ar_aging'"
        " and column_name = 'outstanding' and cell = '2026-03-31 · I2 · 2026-03-10' order by line"
    )
    done = revhouse(dropped, "sql", query, "--format", "csv")
    assert done.stdout.splitlines()[1:] == ["invoices,I2,3,0.000000", "invoice_lines,L3,4,595.000000"]


def test_explaining_loads_neither_dagster_nor_dbt(dropped: Path) -> None:
    code = """
import sys
from orchestration.cli import app
try:
    app(["explain", "revenue_metrics", "mrr", "--where", "month = '2026-03-01'"])
except SystemExit as ended:
    assert not ended.code
assert not {"dagster", "dbt", "pandas", "sqlalchemy"} & set(sys.modules)
"""
    done = in_process(dropped, code)
    assert done.returncode == 0, done.stderr
