"""A file that was dropped and taken back leaves nothing: what is published equals that of never having dropped it.

Every company is two tenants of one build: `t…` drops further files and takes them back, `u…` never had them. The
history of receipts, quarantined rows among them, is the one thing that tells them apart.
"""

import random
from pathlib import Path

import duckdb
import pytest

from ingestion.compacting import compact
from ingestion.contracts import data_sets
from ingestion.csv import copy_into_drop, scan_drop
from ingestion.raw import create_raw_relations
from ingestion.retract import undo
from orchestration.demo.company import Company, Row
from orchestration.demo.write import write_csv
from tests.orchestration.houses import new_home, newest_version, revhouse, rows, tables
from tests.orchestration.test_same_input_same_output import companies, settings_file

Files = list[tuple[str, list[Row]]]


def with_overlap(company: Company) -> Company:
    """Two periods of one item at once, which every build sets aside, with or without what else is dropped."""
    row = company.rows["subscriptions"][0] | {"subscription_id": "TWICE"}
    for first, last in (("2026-01-01", "2026-06-01"), ("2026-03-01", "2026-09-01")):
        company.rows["subscriptions"].append(row | {"started_on": first, "ended_on": last})
    return company


def own_files(rng: random.Random, company: Company) -> Files:
    """Each data set in one or two files, in any order."""
    files: Files = []
    for data_set, facts in company.rows.items():
        cut = rng.randint(0, len(facts))
        files += [(f"{data_set}-{at}", part) for at, part in enumerate((facts[:cut], facts[cut:])) if part]
    return rng.sample(files, len(files))


def taken_back(rng: random.Random, company: Company) -> Files:
    """Files that correct, add and contradict, some rows of which break their contract."""
    files: Files = []
    for at, data_set in enumerate(rng.sample(sorted(company.rows), 3)):
        facts = company.rows[data_set]
        wrong = [changed(rng, data_set, row) for row in rng.sample(facts, min(len(facts), rng.randint(1, 9)))]
        files.append((f"wrong-{data_set}-{at}", wrong))
    return files


def changed(rng: random.Random, data_set: str, row: Row) -> Row:
    """The same row with one cell of another row's kind: another amount, a month earlier, a new key, no value at all."""
    columns = data_sets()[data_set].columns
    new = dict(row)
    name = rng.choice([name for name in row if name in columns])
    kind = columns[name].type
    if kind in ("amount", "unit_amount", "quantity", "rate"):
        new[name] = str(rng.randint(1, 999))
    elif kind in ("date", "instant"):
        new[name] = rng.choice(["2025-12-31", "2026-01-01", "never"])
    elif kind == "id":
        new[name] = f"{row[name]}-other" if rng.random() < 0.7 else ""
    elif kind in ("enum", "currency"):
        new[name] = rng.choice(["odd", *columns[name].values])
    else:
        new[name] = "changed"
    return new


def fill(home: Path, made: dict[str, Company]) -> int:
    """Drop everything in four rounds, the files of `taken_back` in one of them; undo them in a later one or at the end.
    Returns how many files were taken back."""
    folder = home.parent / "files"
    waiting: dict[str, int] = {}
    done = 0
    rngs = {name: random.Random(name) for name in made}
    own = {name: own_files(rngs[name], company) for name, company in made.items()}
    for round_ in range(4):
        for name, company in made.items():
            rng, files = rngs[name], own[name]
            part = files[round_ * len(files) // 4 : (round_ + 1) * len(files) // 4]
            wrong = taken_back(rng, company) if round_ == rng.randint(0, 1) else []
            for tenant, put in ((f"t{name}", [*part, *wrong]), (f"u{name}", part)):
                for file, facts in put:
                    write_csv(facts, folder / tenant / f"{round_}-{file}.csv")
                    copy_into_drop(home, [folder / tenant / f"{round_}-{file}.csv"], tenant)
        for receipt in scan_drop(home, lambda _: "UTC"):
            if "wrong" in receipt.file_name and receipt.status in ("accepted", "partly_quarantined"):
                waiting[receipt.file_id] = round_ + rngs[receipt.tenant_id[1:]].randint(0, 3)
        if round_ == 2:
            compact(home, 2)
        for file_id in [file_id for file_id, when in waiting.items() if when <= round_ or round_ == 3]:
            undo(home, file_id)
            del waiting[file_id]
            done += 1
    return done


def differing(connection: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> dict[str, int]:
    """The relations in which the two kinds of tenants do not have the same rows, with how many differ."""
    found = {}
    for name, query in relations.items():
        named = f"select substr(tenant_id, 2) as tenant_id, tenant_id[1] as kind, * exclude (tenant_id) from ({query})"
        one, other = (f"select * exclude (kind) from ({named}) where kind = '{kind}'" for kind in "tu")
        both = f"(({one}) except all ({other})) union all (({other}) except all ({one}))"
        if number := connection.sql(f"select count(*) from ({both})").fetchall()[0][0]:
            found[name] = number
    return found


def check(tmp_path: Path, count: int) -> None:
    """`count` is a multiple of four: both tenants of a company get the settings of its mix of currencies."""
    home = new_home(tmp_path / "home")
    made = {name: with_overlap(company) for name, company in companies(count).items()}
    settings_file(home, {f"{kind}{name}": company for kind in "tu" for name, company in made.items()})
    assert fill(home, made) > count
    result = revhouse(home, "build", "--as-of", "2026-10-31")
    assert result.returncode == 0, result.stderr[-3000:]
    version = newest_version(home)
    published = {name: f"from {name}" for name in tables(version, ("marts", "ml"))}
    receipts = "join ops.ingest_receipts r using (tenant_id, file_id)"
    listed = "t.* exclude (tenant_id, file_id)"
    published["ops.set_aside_rows"] = f"select tenant_id, r.file_name, {listed} from ops.set_aside_rows t {receipts}"
    with duckdb.connect(str(version), read_only=True) as connection:
        assert differing(connection, published) == {}
    with duckdb.connect() as connection:
        create_raw_relations(connection, home)
        connection.execute(f"attach '{version}' as wh (read_only)")
        raw = {
            f"raw_csv.{name}": f"select tenant_id, r.file_name, {listed} from raw_csv.{name} t"
            " join wh.ops.ingest_receipts r using (tenant_id, file_id)"
            for name in data_sets()
        }
        assert differing(connection, raw) == {}
        assert connection.sql("select count(*) from raw_csv.invoices").fetchall()[0][0] > 10 * count
    undone = "select count(*) from ops.ingest_receipts where status = 'undone' and rows_accepted > 0"
    assert rows(version, undone)[0][0] > count
    assert rows(version, "select count(distinct tenant_id) from ops.set_aside_rows") == [(2 * count,)]


def test_four_companies_publish_as_if_they_had_never_dropped_what_they_took_back(tmp_path: Path) -> None:
    check(tmp_path, 4)


@pytest.mark.long
def test_forty_companies_publish_as_if_they_had_never_dropped_what_they_took_back(tmp_path: Path) -> None:
    check(tmp_path, 40)
