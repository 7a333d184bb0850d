"""Random companies whose months are closed while much is not known yet: every check holds, and open months say what all
documents say."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.closing import NEVER, Close, Closes, create_closed_relations, freeze, frozen_relations
from tests.compiled import manifest, steps
from tests.warehouse.companies import Company, Row, make_company
from tests.warehouse.conftest import Built
from tests.warehouse.world import World, run_steps

COMPANIES = 30
ALWAYS_KNOWN = {"fx_rates"}
RELATIONS = frozen_relations(manifest())


@dataclass
class Story:
    """A company and the two closes of it; the second may be of the month in which the as-of date lies."""

    company: Company
    closes: list[Close]


def make_story(seed: int) -> Story:
    company = make_company(seed)
    rng = random.Random(seed)
    last = (
        company.as_of if company.as_of == end_of_month(company.as_of) else company.as_of.replace(day=1) - timedelta(1)
    )
    second = end_of_month(last - timedelta(days=rng.choice([0, 0, 31, 62, 150])))
    first = end_of_month(second.replace(day=1) - timedelta(days=rng.choice([1, 32, 100])))
    early = Close(company.tenant_id, f"{first:%Y-%m}", 1, NEVER)
    return Story(company, [early, Close(company.tenant_id, f"{second:%Y-%m}", 2, first, (early,))])


def end_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def known(company: Company, seq: int) -> dict[str, list[Row]]:
    """What is known at a close: most rows, some of them with another amount, customer or day. Later ones know more."""
    rng = random.Random(f"{company.tenant_id} {seq}")
    found: dict[str, list[Row]] = {}
    for data_set, rows in company.rows.items():
        kept = [dict(row) for row in rows if data_set in ALWAYS_KNOWN or rng.random() < 0.85 + seq / 20]
        for row in kept:
            if data_set in ("invoices", "credit_notes", "bills") and rng.random() < 0.1:
                row["issued_on"] -= timedelta(days=rng.randint(1, 40))
            if data_set in ("invoice_lines",) and rng.random() < 0.1:
                row["net_amount"] += 1
            if data_set in ("invoices", "payments", "subscriptions") and rng.random() < 0.05:
                row["customer_id"] = "C-WRONG"
        found[data_set] = kept
    return found


def built(folder: Path, home: Path, stories: list[Story], seq: int) -> World:
    """The books at the closes of that number, with the earlier ones in effect; after the last one, of all facts."""
    world = World(folder)
    standing: list[Close] = []
    for story in stories:
        company = story.company
        is_last = seq > len(story.closes)
        as_of = company.as_of if is_last else story.closes[seq - 1].until
        company.put(world, company.rows if is_last else known(company, seq), as_of)
        standing += story.closes[: seq - 1]
    world.write()
    with duckdb.connect(str(world.file)) as connection:
        connection.execute("drop schema closed cascade")
        create_closed_relations(connection, home, RELATIONS, Closes(in_effect=tuple(standing)))
    result = run_steps(world.file, steps())
    assert result.code == 0, result.log[-3000:]
    with duckdb.connect(str(world.file)) as connection:
        for story in stories:
            for close in story.closes[seq - 1 : seq]:
                freeze(connection, home, RELATIONS, close, story.company.reporting_currency)
    return world


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("closed")
    stories = [make_story(seed) for seed in range(COMPANIES)]
    for seq in (1, 2):
        built(folder / str(seq), folder, stories, seq)
    return built(folder / "last", folder, stories, 3)


BALANCES = {
    "accounts": "select tenant_id, period as day, purpose, currency, sum(closing) from marts.trial_balance group by all"
    " having sum(closing) <> 0",
    "ageing": "select *, as_of as day from marts.ar_aging",
    "unapplied": "select *, as_of as day from marts.ar_unapplied",
    "payables": "select *, as_of as day from marts.ap_aging",
    "statements": "select tenant_id, month as day, customer_id, currency, closing from marts.customer_statements"
    " where closing <> 0",
    "mrr": "select tenant_id, month as day, customer_id, currency, closing_mrr, closing_mrr_reporting"
    " from marts.mrr_movements where closing_mrr <> 0",
    "deferred": "select tenant_id, month as day, currency, closing, contract_asset_closing"
    " from marts.deferred_revenue_rollforward where closing <> 0 or contract_asset_closing <> 0",
    "obligations": "select *, as_of as day from marts.remaining_performance_obligations",
}


@pytest.mark.parametrize("what", BALANCES)
def test_balances_of_open_months_are_those_of_all_documents(closed: World, random_companies: Built, what: str) -> None:
    ends = {row["tenant_id"]: row["closed_until"] for row in closed.read("from staging.stg_run__closed")}
    assert len(ends) == COMPANIES
    found, expected = (
        {tuple(row.values()) for row in world.read(BALANCES[what]) if ends.get(row["tenant_id"], date.max) < row["day"]}
        for world in (closed, random_companies.world)
    )
    assert len(expected) > 30
    assert found == expected


TOTALS = {
    "journals": "select tenant_id, kind, source_id, purpose, currency, sum(debit - credit) from marts.journal_entries",
    "revenue": "select tenant_id, source_id, customer_id, currency, sum(recognized) from marts.revenue_recognition",
    "tax": "select tenant_id, jurisdiction, currency, rate, sum(taxable), sum(net_due) from marts.tax_summary",
    "input tax": "select tenant_id, currency, source_table, sum(net), sum(input_tax) from marts.input_tax",
    "bridge": "select tenant_id, customer_id, currency, sum(invoiced), sum(recognized) from marts.revenue_bridge",
    "events": "select tenant_id, customer_id, currency, sum(delta_mrr) from marts.mrr_events",
}


@pytest.mark.parametrize("what", TOTALS)
def test_over_all_months_every_document_counts_once(closed: World, random_companies: Built, what: str) -> None:
    """Of companies that have an open month, where what is late can be posted."""
    open_ones = "select tenant_id from staging.stg_run__closed where has_open_month"
    named = {row["tenant_id"] for row in closed.read(open_ones)}
    assert 5 < len(named) < COMPANIES

    def sums(world: World) -> set[tuple[object, ...]]:
        rows = (tuple(row.values()) for row in world.read(f"{TOTALS[what]} group by all"))
        return {row for row in rows if row[0] in named and any(row[-2:] if what in ("tax", "bridge") else row[-1:])}

    found, expected = sums(closed), sums(random_companies.world)
    assert len(expected) > 10
    assert found == expected


def test_what_was_not_known_at_a_close_is_marked_and_restated(closed: World) -> None:
    for table in ("journal_entries", "revenue_recognition", "mrr_events", "customer_statement_lines"):
        (marked,) = closed.read(f"select count(distinct tenant_id) as tenants from marts.{table} where is_late")
        assert marked["tenants"] > 10, table
    (restated,) = closed.read("select count(distinct tenant_id) as tenants, count(*) as rows from ops.restatements")
    assert restated["tenants"] > 15 and restated["rows"] > 100


def test_every_frozen_mart_is_compared_in_every_build() -> None:
    (check,) = (node for node in manifest()["nodes"].values() if node["name"] == "closed_months_keep_their_rows")
    compared = {f"marts.{key.split('.')[-1]}" for key in check["depends_on"]["nodes"] if key.startswith("model.")}
    assert compared - {"marts.stg_run__closed"} == {
        one.freezes for one in RELATIONS if one.freezes.startswith("marts.")
    }
    assert check["config"]["severity"] == "error"
