"""A closed month keeps its rows: what is late is posted to the first open month, and both numbers are shown."""

import shutil
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from ingestion.retract import undo
from orchestration import progress
from orchestration.closing import frozen_relations
from orchestration.dbt_runner import DbtProject
from orchestration.explain import as_tree, explain
from orchestration.reader import mirror
from tests.compiled import manifest
from tests.orchestration import closed_house as house
from tests.orchestration.houses import differing_tables, rows
from transactional_api.periods.service import close, reopen

FIRST_OPEN = "2026-09-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Builds by what they are."""
    folder = tmp_path_factory.mktemp("closed")
    home = house.start(folder)
    made = {"home": home}
    made["before"] = house.build(home)
    never = house.copy_of(home, "never_closed")
    house.in_core(home, lambda unit: close(unit, "2026-07", by="controller"))
    house.in_core(home, lambda unit: close(unit, "2026-08", by="controller"))
    told: list[tuple[str, str]] = []
    with progress.listening(lambda step, message: told.append((step, message))):
        made["closed"] = house.build(home)
    assert ("close", "2026-08 of acme") in told
    for other in (home, never):
        house.drop_texts(other, folder / "late", house.LATE)
        undone = rows(made["closed"], "select file_id from ops.ingest_receipts where file_name like '%undone_bills%'")
        undo(other, undone[0][0])
    made["late"] = house.build(home)
    made["never closed"] = house.build(never)
    known = rows(made["before"], "select max(known_at) from ops.publications")[0][0]
    made["as known before the close"] = house.build(home, known_at=known)
    made["frozen"] = Path(shutil.move(home / "closed", folder / "frozen"))
    made["frozen again"] = home / "closed"
    made["rebuilt"] = house.build(home)
    house.in_core(home, lambda unit: close(unit, "2026-09", by="controller"))
    made["closed on"] = house.build(home)
    house.in_core(home, lambda unit: reopen(unit, "2026-09", by="ann"))
    house.in_core(home, lambda unit: reopen(unit, "2026-08", by="ann"))
    made["reopened"] = house.build(home)
    return made


def closed_rows(
    version: Path, table: str, day: str, without: tuple[str, ...] = (), until: str = "2026-08-31"
) -> object:
    excluded = f"exclude ({', '.join(without)})" if without else ""
    return rows(version, f"select * {excluded} from marts.{table} where {day} <= date '{until}' order by all")


MARTS = [one for one in frozen_relations(manifest()) if one.freezes.startswith("marts.")]


@pytest.mark.parametrize("mart", MARTS, ids=lambda one: one.name)
def test_late_facts_change_nothing_in_a_closed_month(made: dict[str, Path], mart: object) -> None:
    name, day = mart.name, mart.day  # type: ignore[attr-defined]
    without = ("due_on", "filing_status", "filing_id") if name == "tax_summary" else ()
    before = closed_rows(made["closed"], name, day, without)
    assert before
    assert closed_rows(made["late"], name, day, without) == before
    assert closed_rows(made["closed on"], name, day, without) == before


def test_a_close_by_itself_changes_no_mart_in_money(made: dict[str, Path]) -> None:
    changed = differing_tables(made["before"], made["closed"], ["marts"])
    assert set(changed) <= {
        "marts.metric_definition_differences",
        "marts.metric_definitions_compared",
        "marts.revenue_metrics",
    }
    figures = "select * exclude (usage_run_rate) from marts.revenue_metrics order by month"
    assert rows(made["before"], figures) == rows(made["closed"], figures)


BALANCES = {
    "accounts": "select period, account, currency, closing from marts.trial_balance where closing <> 0",
    "ageing": "from marts.ar_aging",
    "unapplied": "select as_of, customer_id, currency, unapplied from marts.ar_unapplied",
    "payables": "select as_of, bill_id, due_on, outstanding from marts.ap_aging",
    "statements": "select month as as_of, customer_id, currency, closing from marts.customer_statements"
    " where closing <> 0",
    "mrr": "select month as as_of, customer_id, currency, closing_mrr from marts.mrr_movements where closing_mrr <> 0",
    "deferred": "select month as as_of, currency, closing, contract_asset_closing"
    " from marts.deferred_revenue_rollforward",
    "obligations": "select as_of, currency, rpo, current_rpo from marts.remaining_performance_obligations",
}


@pytest.mark.parametrize("what", BALANCES)
def test_balances_of_open_months_are_those_of_all_documents(made: dict[str, Path], what: str) -> None:
    day = "period" if what == "accounts" else "as_of"
    only_open = f"select * from ({BALANCES[what]}) where {day} >= date '{FIRST_OPEN}' order by all"
    expected = rows(made["never closed"], only_open)
    assert expected
    assert rows(made["late"], only_open) == expected


TOTALS = {
    "revenue": "select currency, sum(recognized) from marts.revenue_recognition group by all order by all",
    "tax": "select jurisdiction, currency, sum(taxable), sum(tax_charged), sum(net_due) from marts.tax_summary"
    " group by all order by all",
    "input tax": "select currency, source_table, sum(net), sum(input_tax) from marts.input_tax group by all"
    " order by all",
    "invoiced": "select currency, sum(invoiced), sum(recognized) from marts.revenue_bridge group by all order by all",
    "events": "select customer_id, currency, sum(delta_mrr) from marts.mrr_events group by all"
    " having sum(delta_mrr) <> 0 order by all",
    "journals": "select kind, source_id, account, currency, sum(debit - credit) from marts.journal_entries group by all"
    " having sum(debit - credit) <> 0 order by all",
}


@pytest.mark.parametrize("what", TOTALS)
def test_over_all_months_late_facts_count_once_and_to_the_cent(made: dict[str, Path], what: str) -> None:
    expected = rows(made["never closed"], TOTALS[what])
    assert expected
    assert rows(made["late"], TOTALS[what]) == expected


@pytest.mark.parametrize("macro", ["ar_aging_as_of", "ap_aging_as_of"])
@pytest.mark.parametrize("day", ["2026-06-30", "2026-07-12", "2026-08-05", "2026-08-31"])
def test_the_ageing_of_a_day_in_a_closed_month_is_what_was_frozen(made: dict[str, Path], macro: str, day: str) -> None:
    query = f"select * from marts.{macro}(date '{day}') order by all"
    assert rows(made["late"], query) == rows(made["closed"], query)


@pytest.mark.parametrize("macro", ["ar_aging_as_of", "ap_aging_as_of"])
@pytest.mark.parametrize("day", ["2026-09-01", "2026-09-17", "2026-10-31"])
def test_the_ageing_of_a_day_in_an_open_month_is_that_of_all_documents(
    made: dict[str, Path], macro: str, day: str
) -> None:
    query = f"select * from marts.{macro}(date '{day}') order by all"
    assert rows(made["late"], query) == rows(made["never closed"], query)


def test_a_late_credit_note_is_posted_to_the_first_open_month_with_its_own_date(made: dict[str, Path]) -> None:
    query = """select posted_on::varchar, document_on::varchar, purpose, debit, credit, is_late
        from marts.journal_entries where source_id = 'N-LATE' order by purpose"""
    found = [(*row[:3], float(row[3]), float(row[4]), row[5]) for row in rows(made["late"], query)]
    assert found == [
        (FIRST_OPEN, "2026-07-30", "deferred_revenue", 100.0, 0.0, True),
        (FIRST_OPEN, "2026-07-30", "receivable", 0.0, 100.0, True),
    ]


def test_what_is_undone_is_taken_back_in_the_first_open_month(made: dict[str, Path]) -> None:
    query = """select posted_on::varchar, purpose, debit, credit from marts.journal_entries
        where source_id = 'B-UNDONE' order by posted_on, purpose"""
    found = [(*row[:2], float(row[2]), float(row[3])) for row in rows(made["late"], query)]
    assert found == [
        ("2026-07-10", "expense", 100.0, 0.0),
        ("2026-07-10", "input_tax", 19.0, 0.0),
        ("2026-07-10", "payable", 0.0, 119.0),
        (FIRST_OPEN, "expense", 0.0, 100.0),
        (FIRST_OPEN, "input_tax", 0.0, 19.0),
        (FIRST_OPEN, "payable", 119.0, 0.0),
    ]


def test_mrr_opens_the_first_open_month_with_the_frozen_closing(made: dict[str, Path]) -> None:
    query = """select month::varchar, sum(opening_mrr), sum(closing_mrr) from marts.mrr_movements
        where customer_id in ('C00009', 'C00003') and month in ('2026-08-01', '2026-09-01') group by all order by all"""
    (august, september) = rows(made["late"], query)
    assert september[1] == august[2] == rows(made["closed"], query)[0][2]
    assert september[2] != rows(made["closed"], query)[1][2]
    late = "select customer_id, day::varchar, kind from marts.mrr_events where is_late order by all"
    assert rows(made["late"], late) == [("C00003", FIRST_OPEN, "expansion"), ("C00009", FIRST_OPEN, "expansion")]


def test_restatements_show_both_numbers_and_where_the_difference_went(made: dict[str, Path]) -> None:
    query = """select month::varchar, figure, closed_value, value_with_late_facts, posted_month::varchar, status
        from ops.restatements where figure in ('2000', 'mrr', 'mrr_reporting') order by all"""
    found = rows(made["late"], query)
    assert {(row[4], row[5]) for row in found} == {(FIRST_OPEN, "posted_late")}
    payable = {row[0]: (float(row[2]), float(row[3])) for row in found if row[1] == "2000"}
    assert payable == {"2026-07-01": (-149.0, -42.0), "2026-08-01": (-80.0, -318.0)}
    never = """select month::varchar, sum(closing_mrr) from marts.mrr_movements where currency = 'USD'
        and month between '2026-07-01' and '2026-08-01' group by all"""
    restated = {row[0]: row[3] for row in found if row[1] == "mrr" and row[0] >= "2026-07-01"}
    assert restated == dict(rows(made["never closed"], never))
    assert [row[0] for row in found if row[1] == "mrr_reporting"] == ["2026-06-01", "2026-07-01", "2026-08-01"]
    for name in ("before", "closed", "as known before the close"):
        assert rows(made[name], "from ops.restatements") == []


def test_a_closed_month_that_took_late_facts_is_closed_with_them(made: dict[str, Path]) -> None:
    same = ("trial_balance", "period"), ("ar_aging", "as_of"), ("mrr_movements", "month"), ("revenue_bridge", "month")
    for table, day in same:
        found = closed_rows(made["closed on"], table, day, until="2026-09-30")
        assert found == closed_rows(made["late"], table, day, until="2026-09-30")
    query = "from ops.restatements order by all"
    assert rows(made["closed on"], query) == rows(made["late"], query)


def test_a_build_that_knows_less_than_the_close_sees_the_months_open(made: dict[str, Path]) -> None:
    assert differing_tables(made["before"], made["as known before the close"], ["marts"]) == {}


def test_frozen_rows_that_were_deleted_are_made_again_identical(made: dict[str, Path]) -> None:
    assert differing_tables(made["late"], made["rebuilt"], ["marts"]) == {}
    before = sorted(path.relative_to(made["frozen"]) for path in made["frozen"].rglob("*.parquet"))
    assert len(before) > 40
    with duckdb.connect() as connection:
        for path in before:
            one, two = (f"read_parquet('{made[name] / path}')" for name in ("frozen", "frozen again"))
            differing = f"(from {one} except all from {two}) union all (from {two} except all from {one})"
            assert connection.sql(f"select count(*) from ({differing})").fetchall() == [(0,)], path


def test_a_reopened_month_is_computed_anew_and_keeps_its_old_numbers_beside_the_new(made: dict[str, Path]) -> None:
    query = (
        """select posted_on::varchar from marts.journal_entries where source_id = 'B-LATE' and purpose = 'payable'"""
    )
    assert rows(made["reopened"], query) == [("2026-08-15",)]
    late = "select month::varchar, closed_value, value_with_late_facts, reopened_by from ops.restatements"
    august = f"{late} where figure = '2000' and status = 'reopened' and month = '2026-08-01'"
    ((_, was, now, by),) = rows(made["reopened"], august)
    assert (float(was), float(now), by) == (-80.0, -211.0, "ann")
    july = "select closed_value, value_with_late_facts, posted_month::varchar from ops.restatements"
    ((was, now, posted),) = rows(made["reopened"], f"{july} where figure = '2000' and month = '2026-07-01'")
    assert (float(was), float(now), posted) == (-149.0, -42.0, "2026-08-01")


def test_another_reporting_currency_is_refused_while_months_are_closed(made: dict[str, Path], tmp_path: Path) -> None:
    home = Path(shutil.copytree(made["home"], tmp_path / "home"))
    (home / "tenants.toml").write_text('[tenant.acme]\nreporting_currency = "EUR"\n')
    with pytest.raises(ValueError, match="2026-07 was closed with reporting currency USD, which is now EUR"):
        house.build(home)
    assert DbtProject(house.settings_of(home)).is_fresh()


def test_explain_of_a_closed_figure_says_where_late_facts_went(made: dict[str, Path]) -> None:
    connection = duckdb.connect()
    mirror(connection, made["late"], skip_ops=False, lineage=True)
    where = "source_id = 'INV000036-1' and source_kind = 'invoice_line' and month = date '2026-07-01'"
    found = explain(connection, house.settings_of(made["home"]), "revenue_recognition", "recognized", where, None)
    assert not found.is_exact
    with Console(record=True, width=200) as console:
        console.print(as_tree(found, "1", "2026-10-31"))
    assert "Months are closed (acme to 2026-08)" in console.export_text()
