"""Forecasts in a build: trained in the month's first one, published with the figures, kept in a checked file."""

from pathlib import Path

import pytest

from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows

HEADER = "subscription_id,customer_id,started_on,ended_on,unit_amount,currency,billing_interval\n"


def subscriptions(months: int) -> str:
    """A customer more in each month from 2023-07 on, every fourth of whom leaves after a year."""
    lines = []
    for at in range(months):
        year, month = 2023 + (at + 6) // 12, (at + 6) % 12 + 1
        ended = f"{year + 1}-{month:02}-05" if at % 4 == 0 else ""
        lines.append(f"S{at},C{at},{year}-{month:02}-05,{ended},{100 + at % 7 * 10},USD,month\n")
    return HEADER + "".join(lines)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forecasts")
    home = new_home(folder / "home")
    (folder / "subscriptions.csv").write_text(subscriptions(33))
    assert revhouse(home, "drop", str(folder / "subscriptions.csv")).returncode == 0
    made = {"home": home}
    for name in ("trained", "again"):
        result = revhouse(home, "build", "--as-of", "2026-03-31", REVHOUSE_TRAINING="monthly")
        assert result.returncode == 0, result.stderr
        made[name] = newest_version(home)
    return made


def test_the_months_first_build_trains_and_the_next_one_repeats_its_forecast_and_keeps_what_was_tried(
    built: dict[str, Path],
) -> None:
    # New customers are one in each month: there is nothing to learn.
    candidates = "select count(distinct subject) from ml.forecast_candidates"
    assert [rows(built[name], candidates)[0][0] for name in ("trained", "again")] == [1, 1]
    assert set(differing_tables(built["trained"], built["again"], ["ml"])) <= {
        f"ml.{kind}_candidates" for kind in ("churn", "deal_win", "lifetime")
    }


def test_a_year_of_mrr_is_forecast_with_its_record_and_the_model_that_the_registry_names(
    built: dict[str, Path],
) -> None:
    made = rows(
        built["again"],
        """select count(*), min(month)::varchar, bool_and(low_95 <= low_80 and low_80 <= value and value <= high_80
            and high_80 <= high_95), any_value(f.model_version = r.model_version), any_value(f.model = r.algorithm)
        from ml.revenue_forecasts as f inner join ml.model_registry as r
            on f.tenant_id = r.tenant_id and r.subject = 'mrr/USD' and r.is_champion
        where f.metric = 'mrr' and f.is_headline""",
    )
    assert made == [(12, "2026-04-01", True, True, True)]
    assert rows(
        built["again"], "select count(*) >= 3 from ml.forecast_backtests where is_chosen and metric = 'mrr'"
    ) == [(True,)]


def test_mrr_from_cohorts_stands_beside_it_in_every_scenario_of_the_seed(built: dict[str, Path]) -> None:
    ends = dict(
        rows(
            built["again"],
            """select scenario, last(value order by month)::double from ml.revenue_forecasts
            where approach = 'bottom_up' group by all""",
        )
    )
    assert set(ends) == {"base", "churn_up", "price_up", "win_rate_down"}
    assert ends["churn_up"] < ends["base"] < ends["price_up"] and ends["win_rate_down"] < ends["base"]


@pytest.mark.long
def test_an_altered_model_file_is_a_warning_and_the_plain_rule_not_a_failed_build(built: dict[str, Path]) -> None:
    files = list((built["home"] / "artefacts").iterdir())
    assert files
    for path in files:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b" ")
    result = revhouse(built["home"], "build", "--as-of", "2026-03-31", REVHOUSE_TRAINING="monthly")
    assert result.returncode == 0, result.stderr
    reasons = rows(
        newest_version(built["home"]),
        """select distinct split_part(reason, ';', 1)[:15], model_version from ml.revenue_forecasts
        where is_headline and metric = 'mrr'""",
    )
    assert reasons == [("the model file ", None)]
