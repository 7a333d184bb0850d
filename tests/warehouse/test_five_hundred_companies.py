"""Five hundred random companies in one build: the identities, every plain computation, and all cases that count."""

import inspect
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.warehouse import (
    test_bridge,
    test_definitions,
    test_ledger,
    test_mrr_beside,
    test_payables,
    test_random_companies,
    test_revenue,
    test_revenue_as_in_the_core,
    test_statements,
    test_tax,
)
from tests.warehouse.cases import COMPANIES, PAGE, count_cases, page, table_of
from tests.warehouse.conftest import Built, build_companies
from tests.warehouse.identities import IDENTITIES, on_a_day
from tests.warehouse.revenue_reference import Revenue
from tests.warehouse.tax_reference import Taxes

Check = Callable[..., None]
FIXTURES = {"random_companies", "plain", "months", "taxes", "seed", "day"}
MODULES = (
    *(test_random_companies, test_mrr_beside, test_revenue, test_revenue_as_in_the_core, test_ledger),
    *(test_payables, test_statements, test_tax, test_definitions, test_bridge),
)
PLAIN = {
    f"{module.__name__.rsplit('.', 1)[-1]}: {name}": check
    for module in MODULES
    for name, check in inspect.getmembers(module, inspect.isfunction)
    if name.startswith("test_")
    and "random_companies" in (names := set(inspect.signature(check).parameters))
    and names <= FIXTURES
}


def broken(built: Built, query: str) -> tuple[int, list[dict[str, Any]]]:
    """How many cells an identity has, and the first few whose sides differ."""
    (counted,) = built.world.read(f"select count(*) as cells from ({query})")
    differing = built.world.read(f"from ({query}) where left_side is distinct from right_side limit 3")
    return counted["cells"], differing


def days(seed: int, count: int) -> list[date]:
    rng = random.Random(seed)
    return [date(2022, 2, 1) + timedelta(days=rng.randint(0, 850)) for _ in range(count)]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_identities_hold_over_sixty_companies(random_companies: Built, identity: str) -> None:
    cells, differing = broken(random_companies, IDENTITIES[identity])
    assert not differing and cells > 50


@pytest.mark.parametrize("day", days(1, 3))
def test_identities_of_a_day_hold_over_sixty_companies(random_companies: Built, day: date) -> None:
    for identity, query in on_a_day(day).items():
        assert broken(random_companies, query)[1] == [], identity


def test_every_case_occurs_among_sixty_companies(random_companies: Built) -> None:
    counts = count_cases(random_companies.world.file)
    assert [case for cases in counts.values() for case, count in cases.items() if not count] == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_companies(tmp_path_factory.mktemp("many"), COMPANIES)


@pytest.fixture(scope="module")
def references(many: Built) -> dict[str, Any]:
    """What the plain computations' own fixtures give, over these companies."""
    plain = {company.tenant_id: Revenue(company) for company in many.companies}
    return {
        "random_companies": many,
        "plain": plain,
        "months": {(t, *key): row for t, revenue in plain.items() for key, row in revenue.months().items()},
        "taxes": {company.tenant_id: Taxes(company) for company in many.companies},
        "seed": 77,
        "day": date(2022, 10, 9),
    }


@pytest.mark.long
def test_the_build_passes_its_own_checks(many: Built) -> None:
    assert many.result.code == 0, many.result.log[-3000:]
    assert len(many.companies) == COMPANIES
    tested = [name for name in many.result.statuses if name.startswith("test.")]
    assert len(tested) > 100


@pytest.mark.long
@pytest.mark.parametrize("identity", IDENTITIES)
def test_identities_hold(many: Built, identity: str) -> None:
    cells, differing = broken(many, IDENTITIES[identity])
    assert not differing and cells > 400


@pytest.mark.long
@pytest.mark.parametrize("day", days(2, 12))
def test_identities_of_a_day_hold(many: Built, day: date) -> None:
    for identity, query in on_a_day(day).items():
        cells, differing = broken(many, query)
        assert not differing and cells > 0, identity


@pytest.mark.long
@pytest.mark.parametrize("check", PLAIN)
def test_plain_computations_agree(references: dict[str, Any], check: str) -> None:
    PLAIN[check](**{name: references[name] for name in inspect.signature(PLAIN[check]).parameters})


@pytest.mark.long
def test_every_case_occurs_and_the_page_says_how_often(many: Built, random_companies: Built) -> None:
    counts, few = count_cases(many.world.file), count_cases(random_companies.world.file)
    print(table_of(counts, few))
    assert [case for cases in counts.values() for case, count in cases.items() if not count] == []
    assert page(counts, few) == PAGE.read_text(encoding="utf-8"), "run python -m tests.warehouse.cases"
