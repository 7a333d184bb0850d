"""What differs between two versions, what came in between, and the rows under each changed figure."""

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.retract import undo
from tests.orchestration.houses import build, drop, new_home, revhouse
from tests.orchestration.test_explain import FILES, MARCH, put

LATE = {
    "late.csv": "invoice_id,customer_id,issued_on,due_on,currency,status,ship_to_country\n"
    "I9,C2,2026-01-10,2026-02-09,USD,posted,DE\n",
    "late_lines.csv": "line_id,invoice_id,net_amount,tax_amount,tax_rate\nL9,I9,200.00,38.00,0.19\n",
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1: the company. 2: a late invoice. 3: its lines undone. 4: a later as-of date and another margin."""
    folder = tmp_path_factory.mktemp("compared")
    home = new_home(folder / "the user's home")

    def drop_texts(files: dict[str, str]) -> None:
        drop(home, *(put(folder / "files", name, text) for name, text in files.items()), tenant="acme")

    drop_texts(FILES)
    build(home, MARCH)
    drop_texts(LATE)
    build(home, MARCH)
    undo(home, "f6")
    build(home, MARCH)
    (home / "tenants.toml").write_text('[tenant.acme]\ngross_margin = "0.6"\n', encoding="utf-8")
    build(home, date(2026, 4, 30))
    return home


def compared(home: Path, *arguments: str) -> dict[str, Any]:
    done = revhouse(home, "diff", *arguments, "--all", "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    for cell in found["cells"]:
        assert cell["is_exact"], cell
        moved: dict[str | None, Decimal] = {}
        for part in cell["parts"]:
            side = part["side"] or None
            moved[side] = moved.get(side, Decimal(0)) + Decimal(part["difference"])
        for side in cell["sides"]:
            assert moved.get(side["side"], Decimal(0)) == Decimal(side["difference"]), cell
        if [side["side"] for side in cell["sides"]] == [None]:
            assert moved[None] == Decimal(cell["difference"]), cell
    return found


def test_a_late_invoice_is_named_by_file_and_line_under_every_figure_that_it_changed(history: Path) -> None:
    found = compared(history, "1", "2")
    assert [Path(file["file_name"]).name for file in found["files"]] == ["late.csv", "late_lines.csv"]
    assert (found["undone"], found["core"], found["causes"]) == ([], [], [])
    changed = {(cell["table"], cell["column"]) for cell in found["cells"]}
    assert {
        ("ar_aging_summary", "total"),
        ("ar_aging_summary", "dso_simple"),
        ("ar_aging", "outstanding"),
        ("tax_summary", "tax_charged"),
        ("revenue_recognition", "recognized"),
        ("trial_balance", "closing"),
        ("revenue_bridge", "invoiced"),
        ("customer_statements", "closing"),
    } <= changed
    assert not {table for table, _ in changed} & {"mrr_movements", "revenue_metrics", "cohort_analysis"}
    amounts = [part for cell in found["cells"] for part in cell["parts"] if Decimal(part["difference"])]
    assert {(part["source_table"], part["file_id"], part["line"]) for part in amounts} <= {
        ("invoice_lines", "f6", 2),
        ("invoices", "f5", 2),
    }
    [cell] = [c for c in found["cells"] if (c["table"], c["column"]) == ("ar_aging_summary", "d31_60")][-1:]
    assert Decimal(cell["difference"]) == Decimal(238)
    assert [(part["source_id"], Decimal(part["difference"]), part["row"] is None) for part in cell["parts"]] == [
        ("L9", Decimal(238), True),
        ("I9", Decimal(0), False),
    ], "the line is undone since, so only its place is known; the header still counts"


def test_totals_say_what_changed_cells_were_and_are(history: Path) -> None:
    found = compared(history, "1", "2", "--table", "tax_summary")
    [table] = found["tables"]
    assert (table["name"], table["rows_before"], table["rows_after"]) == ("marts.tax_summary", 2, 2)
    totals = {row["column_name"]: (row["before"], row["after"], row["difference"]) for row in table["totals"]}
    assert totals["tax_charged"] == ("247.0000", "285.0000", "38.0000")


def test_an_undone_file_is_named_and_takes_its_amounts_away(history: Path) -> None:
    found = compared(history, "2", "3")
    assert [file["file_id"] for file in found["undone"]] == ["f6"]
    [cell] = [c for c in found["cells"] if (c["table"], c["column"]) == ("accounts_receivable", "amount")]
    moved = [(part["file_id"], Decimal(part["difference"])) for part in cell["parts"]]
    assert [(file_id, amount) for file_id, amount in moved if amount] == [("f6", Decimal(-238))]


def test_without_facts_a_changed_setting_and_as_of_date_are_the_causes(history: Path) -> None:
    found = compared(history)
    assert (found["before"]["version"], found["after"]["version"]) == ("000003", "000004")
    assert found["causes"] == [
        "setting gross_margin of tenant acme: 0.800000 → 0.600000",
        "as-of date of tenant acme: 2026-03-31 → 2026-04-30",
    ]
    [margin] = [
        c
        for c in found["cells"]
        if (c["table"], c["column"], c["key"].get("month")) == ("revenue_metrics", "gross_margin", "2026-03-01")
    ]
    assert (margin["before"], margin["after"]) == (0.8, 0.6)
    assert {part["source_table"] for part in margin["parts"]} == {"tenants.toml"}


def test_changed_code_is_named(history: Path, tmp_path: Path) -> None:
    import duckdb

    home = Path(shutil.copytree(history, tmp_path / "home"))
    path = home / "warehouse" / "warehouse-000003.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update run.code set content_hash = 'other' where path like '%/mrr_movements.sql'")
    assert compared(home, "2", "3")["causes"] == ["code: dbt_project/models/marts/mrr/mrr_movements.sql"]


def test_a_condition_narrows_the_rows_that_are_compared(history: Path) -> None:
    question = "--table", "ar_aging_summary", "--where", "as_of = '2026-01-31'"
    found = compared(history, "1", "2", *question)
    assert {cell["key"]["as_of"] for cell in found["cells"]} == {"2026-01-31"}


def test_what_is_told_on_a_terminal_names_files_tables_figures_and_rows(history: Path) -> None:
    done = revhouse(history, "diff", "1", "2")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    assert "late_lines.csv (f6, invoice_lines, tenant acme): 1 row, 200.00, sequence 6" in text
    assert "marts.ar_aging_summary: 3 → 3 rows, 3 changed" in text
    assert "+238  invoice_lines L9 (C2 · I9)  ← " in text and "late_lines.csv line 2 (f6)" in text


def test_a_version_is_the_same_as_itself(history: Path) -> None:
    done = revhouse(history, "diff", "2", "2")
    assert done.returncode == 0
    assert "the two versions show the same: no table differs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1", "99"), "version 99 is not kept; kept are 000001, 000002, 000003, 000004"),
        (("1", "two"), "is not a version"),
        (("1", "2", "3"), "diff compares two versions"),
        (("1", "2", "--where", "true"), "a condition over one --table"),
        (("1", "2", "--table", "no_such_table"), "no_such_table is no published table; these are: marts.accounts_"),
        (("1", "2", "--table", "ar_aging", "--where", "as_of ="), "--where is no condition over marts.ar_aging"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(history: Path, arguments: tuple[str, ...], said: str) -> None:
    done = revhouse(history, "diff", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_with_one_version_there_is_nothing_to_compare(history: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(history, tmp_path / "home"))
    for version in ("1", "2", "3"):
        (home / "warehouse" / f"warehouse-00000{version}.duckdb").unlink()
    done = revhouse(home, "diff")
    assert (done.returncode, done.stdout) == (2, "")
    assert "version 000004 is the only one that is kept" in done.stderr
