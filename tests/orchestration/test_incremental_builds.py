"""A build that computes only what changed publishes the tables of a full build, whatever it was that changed."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from ingestion.retract import undo
from orchestration.core import open_core
from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_company_csv, write_csv, writes
from orchestration.settings import Settings
from tests.orchestration import closed_house as house
from tests.orchestration import houses
from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows
from tests.warehouse.companies import Company, Row, make_company
from transactional_api.periods.service import close

EVERYTHING = ("staging", "intermediate", "marts", "ml", "ops")
NEEDED_BY_ALL = {"fx_rates", "products"}
OF_THE_RUN = {"ops.publications", "ops.audit_verifications"}


def build(home: Path, as_of: date | None = None, full_refresh: bool = False) -> Path:
    """From the last version, however small that is."""
    return houses.build(home, as_of, full_refresh=full_refresh, is_small_whole=False)


def by_command(home: Path, *arguments: str) -> Path:
    result = revhouse(home, "build", *arguments, REVHOUSE_INCREMENTAL_FROM_BYTES="0")
    assert result.returncode == 0, result.stderr[-3000:]
    return newest_version(home)


def started_from(version: Path) -> str | None:
    found = rows(version, "select started_from from run.context")[0][0]
    return None if found is None else str(found)


def assert_equals_a_full_build(home: Path, version: Path, as_of: date | None = None) -> None:
    """Compares all tables, those between included, with a full build of the same home."""
    assert started_from(version) is not None, "this was a full build and proves nothing"
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    full = build(copy, as_of, full_refresh=True)
    assert started_from(full) is None
    different = differing_tables(version, full, EVERYTHING)
    assert {name: count for name, count in different.items() if name not in OF_THE_RUN} == {}
    shutil.rmtree(copy)


def settle(home: Path, companies: list[Company]) -> None:
    text = "".join(
        f'[tenant.{company.tenant_id}]\nreporting_currency = "{company.reporting_currency}"\n'
        f"gross_margin = {company.gross_margin}\nas_of = {company.as_of}\n"
        for company in companies
    )
    (home / "tenants.toml").write_text(text)


def drop(home: Path, folder: Path, company: Company, facts: dict[str, list[Row]]) -> None:
    for data_set, some in facts.items():
        write_csv([{k: v for k, v in row.items() if v is not None} for row in some], folder / f"{data_set}.csv")
    if folder.exists():
        copy_into_drop(home, [folder], company.tenant_id)


def portions(rng: random.Random, company: Company) -> Iterator[dict[str, list[Row]]]:
    """Most facts first, then a few at a time: parents after children as often as before, some rows changed again."""
    later: list[tuple[str, Row]] = []
    first: dict[str, list[Row]] = {}
    for data_set, facts in company.rows.items():
        for row in facts:
            if data_set in NEEDED_BY_ALL or rng.random() < 0.7:
                first.setdefault(data_set, []).append(row)
            else:
                later.append((data_set, row))
    yield first
    rng.shuffle(later)
    for _ in range(3):
        portion: dict[str, list[Row]] = {}
        for data_set, row in later[:6]:
            portion.setdefault(data_set, []).append(row)
        later = later[6:]
        yield portion


def fresh(rng: random.Random, company: Company, facts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows that came before, with other figures or of another customer."""
    changed: dict[str, list[Row]] = {}
    for data_set in ("invoice_lines", "payments", "invoices"):
        known = facts.get(data_set, [])
        if known and rng.random() < 0.7:
            row = dict(rng.choice(known))
            if data_set == "invoices":
                row["customer_id"] = f"C{rng.randint(0, 5)}"
            else:
                name = "net_amount" if data_set == "invoice_lines" else "amount"
                row[name] = row[name] + 7
            changed[data_set] = [row]
    return changed


def check_histories(tmp_path: Path, seeds: range, turns: int, share: float) -> None:
    """Each turn brings a share of the companies further facts, some of them changed ones, and takes files back."""
    home = new_home(tmp_path / "home")
    companies = [make_company(seed) for seed in seeds]
    settle(home, companies)
    rng = random.Random(seeds.start)
    histories = {company.tenant_id: list(portions(rng, company)) for company in companies}
    for company in companies:
        drop(home, tmp_path / "0" / company.tenant_id, company, histories[company.tenant_id][0])
    build(home)
    for turn in range(1, turns + 1):
        for company in companies:
            if rng.random() < share:
                folder = tmp_path / str(turn) / company.tenant_id
                drop(home, folder, company, histories[company.tenant_id][turn])
                again = fresh(rng, company, histories[company.tenant_id][0])
                drop(home, tmp_path / f"{turn}-again" / company.tenant_id, company, again)
        if turn > 1:
            unneeded = rows(
                newest_version(home),
                "select file_id from ops.ingest_receipts where data_set in ('invoices', 'payments', 'subscriptions')"
                " and status = 'accepted' order by accepted_seq desc limit 3",
            )
            assert unneeded
            for (file_id,) in unneeded:
                undo(home, file_id)
        version = build(home)
        assert_equals_a_full_build(home, version)
    shutil.rmtree(home)


def test_six_companies_with_late_changed_and_undone_facts_equal_full_builds(tmp_path: Path) -> None:
    check_histories(tmp_path, range(6), 2, 0.6)


@pytest.mark.long
def test_a_hundred_companies_with_late_changed_and_undone_facts_equal_full_builds(tmp_path: Path) -> None:
    check_histories(tmp_path, range(100, 200), 3, 0.15)


@pytest.mark.long
def test_changes_of_the_core_equal_full_builds(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    as_of = date(2026, 10, 31)
    core, files = split_company(invent_company(11, customers=60, months=10, as_of=as_of))
    write_company_csv(files, tmp_path / "files")
    copy_into_drop(home, [tmp_path / "files"], "acme")
    waiting = list(writes(core))
    with open_core(Settings(home=home, database_url=f"sqlite:///{home / 'core.db'}")) as database:
        database.migrate()
        turns = [waiting[: len(waiting) - 60], waiting[len(waiting) - 60 : len(waiting) - 20], waiting[-20:]]
        for turn, part in enumerate(turns):
            with database.transaction("acme", "tester") as unit:
                for write in islice(part, len(part)):
                    write(unit)
            version = build(home, as_of)
            if turn:
                assert_equals_a_full_build(home, version, as_of)


@pytest.mark.long
def test_late_facts_of_closed_months_equal_full_builds(tmp_path: Path) -> None:
    as_of = house.AS_OF
    home = house.start(tmp_path)
    house.in_core(home, lambda unit: close(unit, "2026-07", by="controller"))
    build(home, as_of)
    house.in_core(home, lambda unit: close(unit, "2026-08", by="controller"))
    assert started_from(build(home, as_of)) is None, "a close concerns every row of its months"
    house.drop_texts(home, tmp_path / "late", {name: text for name, text in house.LATE.items() if name != "fx_rates"})
    undone = rows(newest_version(home), "select file_id from ops.ingest_receipts where file_name like '%undone_bills%'")
    undo(home, undone[0][0])
    version = build(home, as_of)
    assert rows(version, "select count(*) > 0 from ops.restatements")[0][0]
    assert_equals_a_full_build(home, version, as_of)


@pytest.mark.long
def test_nothing_new_keeps_the_tables_and_another_day_setting_or_tenant_makes_them_anew(tmp_path: Path) -> None:
    home, company = new_home(tmp_path / "home"), make_company(3)
    settle(home, [company])
    drop(home, tmp_path / "files", company, company.rows)
    first = by_command(home)
    again = by_command(home)
    assert started_from(again) == "000001"
    assert differing_tables(first, again, EVERYTHING) == {"ops.publications": 1}
    other = replace(company, tenant_id="other")
    settle(home, [replace(company, gross_margin=Decimal("0.5")), other])
    assert started_from(build(home)) is None
    drop(home, tmp_path / "other", other, other.rows)
    assert started_from(build(home)) is None
    assert started_from(build(home, date(2024, 6, 30))) is None
