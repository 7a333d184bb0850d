"""Features on a day are the same whatever happens after it: churn and deals, over several random days.

Each day's other future is a tenant of the same build, so one build answers for all of them.
"""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models_ml.churn import features as churn
from models_ml.deals import features as deals
from orchestration.demo.company import Company, invent_company
from orchestration.demo.engagement import add_engagement
from tests.warehouse.another_future import another_future
from tests.warehouse.world import World

AS_OF = date(2026, 6, 20)
SEED = 5
DAYS = 4
AS_IT_WAS = "as_it_was"
OUTCOME = {"churned", "ended_on", "is_won", "amount", "stage_today"}
PLANTED = """
select d.tenant_id, d.customer_id, d.month_index, max(i.ended_on - d.scored_on) as days_to_end
from days as d
inner join intermediate.int_mrr__items_dated as i
    on i.tenant_id = d.tenant_id and i.customer_id = d.customer_id and i.started_on <= d.scored_on
group by all
"""


def company() -> Company:
    made = invent_company(SEED, customers=60, months=18, as_of=AS_OF, sales_per_month=1)
    add_engagement(made, SEED)
    rng = random.Random(SEED)
    for row in made["customers"][::3]:
        signed = row["created_on"] + timedelta(days=rng.randint(0, 200))
        made.add(
            "contracts",
            contract_id=f"K{row['customer_id']}",
            customer_id=row["customer_id"],
            signed_on=signed,
            starts_on=signed,
            ends_on=signed + timedelta(days=rng.randint(100, 500)),
            total_amount=1000,
            currency=row["currency"],
        )
    return made


def put(world: World, tenant: str, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    world.tenant(tenant, AS_OF)
    for data_set, facts in rows.items():
        with_zone = [
            {**row, **{f"{name}_is_utc": True for name in row if name.endswith("_at") and row[name]}} for row in facts
        ]
        world.csv(tenant, data_set, with_zone)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, date]]:
    """The build file, and per tenant the day until which it is the company as it was."""
    rng = random.Random(SEED)
    months = rng.sample(range(4, 17), DAYS)
    known_on = {
        f"other_{at}": date(2025 + (month // 12), month % 12 + 1, 1) - timedelta(days=1)
        for at, month in enumerate(months)
    }
    made = company()
    world = World(tmp_path_factory.mktemp("known"))
    put(world, AS_IT_WAS, made.rows)
    for at, (tenant, day) in enumerate(known_on.items()):
        put(world, tenant, another_future(made.rows, day, at))
    result = world.build()
    assert not result.failed(), result.log
    return world.file, known_on


def features_changed_by_the_future(
    file: Path, sql: str, key: str, day: str, known_on: Mapping[str, date], *, only: bool
) -> tuple[int, set[str]]:
    """Rows compared, and the columns that differ between the company as it was and its other futures on a day that both
    share (`only`), or on any up to it."""
    compared, changed = 0, set()
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set threads = 1")
        rows = connection.execute(f"select * from ({sql})").fetchall()
        names = [column[0] for column in connection.description or ()]
    at = {name: place for place, name in enumerate(names)}
    of: dict[str, dict[tuple[str, date], tuple[Any, ...]]] = {}
    for row in rows:
        of.setdefault(row[at["tenant_id"]], {})[row[at[key]], row[at[day]]] = row
    for tenant, until in known_on.items():
        shared = {
            which: {place for place in of[which] if place[1] == until or (not only and place[1] < until)}
            for which in (AS_IT_WAS, tenant)
        }
        assert shared[AS_IT_WAS] == shared[tenant], f"{tenant}: other rows exist on {until}"
        for place in shared[tenant]:
            compared += 1
            pairs = zip(of[AS_IT_WAS][place], of[tenant][place], names, strict=True)
            changed |= {name for one, other, name in pairs if one != other and repr(one) != repr(other)}
    return compared, changed - {"tenant_id"}


def churn_changes(build: tuple[Path, dict[str, date]], extra: Mapping[str, str]) -> tuple[int, set[str]]:
    file, known_on = build
    sql = churn.features_sql("true", extra=extra)
    return features_changed_by_the_future(file, sql, "customer_id", "scored_on", known_on, only=True)


def test_no_churn_feature_changes_with_what_happens_after_its_day(build: tuple[Path, dict[str, date]]) -> None:
    compared, changed = churn_changes(build, {})
    assert compared > 50
    assert changed == {"churned"}, "the outcome must change, or the futures are not others; nothing else may"


def test_a_feature_that_knows_the_end_of_service_is_caught(build: tuple[Path, dict[str, date]]) -> None:
    _, changed = churn_changes(build, {"planted": PLANTED})
    assert changed == {"churned", "days_to_end"}


def test_every_churn_feature_says_something_of_the_company_that_is_compared(
    build: tuple[Path, dict[str, date]],
) -> None:
    with duckdb.connect(str(build[0]), read_only=True) as connection:
        frame = connection.execute(churn.features_sql("true")).df()
    constant = set(churn.COLUMNS.names) - set(churn.COLUMNS.that_vary(frame).names)
    assert constant == {"items"}, "each of these customers has one subscription item; all else must vary to be compared"


def test_no_deal_feature_changes_with_what_happens_after_its_day(build: tuple[Path, dict[str, date]]) -> None:
    file, known_on = build
    compared, changed = features_changed_by_the_future(
        file, deals.features_sql(deals.LEARNED), "deal_id", "snapshot_on", known_on, only=False
    )
    assert compared > 200
    assert changed <= OUTCOME and {"ended_on", "is_won"} <= changed


def test_a_deal_feature_that_reads_todays_stage_is_caught(build: tuple[Path, dict[str, date]]) -> None:
    file, known_on = build
    leaky = f"select *, stage_today as stage_planted from ({deals.features_sql(deals.LEARNED)})"
    _, changed = features_changed_by_the_future(file, leaky, "deal_id", "snapshot_on", known_on, only=False)
    assert "stage_planted" in changed
