"""The same facts in another order, split over other files, repeated: the published tables are identical.

Many generated companies are the tenants of one build, so one comparison tests them all, and their isolation with them.
"""

import random
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from orchestration.demo.company import Company, Row, invent_company
from orchestration.demo.write import write_csv
from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows, tables

MIXES = (
    (("USD", 0.6), ("EUR", 0.4)),
    (("EUR", 0.5), ("JPY", 0.3), ("KWD", 0.2)),
    (("GBP", 1.0),),
    (("JPY", 0.7), ("USD", 0.3)),
)


def companies(count: int) -> dict[str, Company]:
    return {
        f"t{seed:03d}": invent_company(
            seed,
            customers=4 + seed % 9,
            months=5 + seed % 14,
            currencies=MIXES[seed % len(MIXES)],
            sales_per_month=seed % 7,
        )
        for seed in range(count)
    }


def settings_file(home: Path, made: dict[str, Company]) -> None:
    """Each tenant reports in the first currency of its mix, which its rates are quoted in."""
    text = ""
    for at, tenant in enumerate(made):
        first = MIXES[at % len(MIXES)][0][0]
        text += f'[tenant.{tenant}]\ncurrency = "{first}"\nreporting_currency = "{first}"\n'
    (home / "tenants.toml").write_text(text)


def pieces(rng: random.Random, facts: list[Row]) -> list[list[Row]]:
    """The facts shuffled and cut into up to three pieces, with some of the rows and pieces repeated."""
    shuffled = rng.sample(facts, len(facts))
    cuts = sorted(rng.sample(range(1, len(shuffled)), min(2, len(shuffled) - 1))) if len(shuffled) > 1 else []
    parts = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    if rng.random() < 0.5:
        parts.append(rng.sample(shuffled, max(1, len(shuffled) // 3)))
    if rng.random() < 0.3:
        parts.append(list(parts[0]))
    rng.shuffle(parts)
    return parts


def plainly(home: Path, made: dict[str, Company], folder: Path) -> None:
    for tenant, company in made.items():
        for data_set, facts in company.rows.items():
            write_csv(facts, folder / tenant / f"{data_set}.csv")
        copy_into_drop(home, [folder / tenant], tenant)


def scrambled(home: Path, made: dict[str, Company], folder: Path) -> None:
    rng = random.Random(11)
    for tenant, company in rng.sample(sorted(made.items()), len(made)):
        files = [(data_set, part) for data_set, facts in company.rows.items() for part in pieces(rng, facts)]
        rng.shuffle(files)
        for at, (data_set, part) in enumerate(files):
            columns = list(dict.fromkeys(name for row in company.rows[data_set] for name in row))
            full = [{name: row.get(name, "") for name in rng.sample(columns, len(columns))} for row in part]
            write_csv(full, folder / tenant / f"{at:03d}-export.csv")
        copy_into_drop(home, [folder / tenant], tenant)


def build_both(tmp_path: Path, count: int) -> tuple[Path, Path]:
    made = companies(count)
    versions = []
    for name, put in (("plain", plainly), ("scrambled", scrambled)):
        home = new_home(tmp_path / name / "home")
        settings_file(home, made)
        put(home, made, tmp_path / name / "files")
        result = revhouse(home, "build", "--as-of", "2026-10-31")
        assert result.returncode == 0, result.stderr[-3000:]
        versions.append(newest_version(home))
    return versions[0], versions[1]


def check(tmp_path: Path, count: int) -> None:
    one, other = build_both(tmp_path, count)
    assert differing_tables(one, other) == {}
    assert len(tables(one, ("marts", "ml"))) >= 10
    tenants_with_mrr = rows(one, "select count(distinct tenant_id) from marts.mrr_movements")[0][0]
    assert tenants_with_mrr == count, "a company without movements would prove nothing"


def test_eight_companies_in_any_order_split_and_repetition_publish_identical_tables(tmp_path: Path) -> None:
    check(tmp_path, 8)


@pytest.mark.long
def test_five_hundred_companies_in_any_order_split_and_repetition_publish_identical_tables(
    tmp_path: Path,
) -> None:
    check(tmp_path, 500)
