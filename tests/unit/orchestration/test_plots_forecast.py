"""What a forecast's page in the run shows, and the checks on it."""

from pathlib import Path

import pytest

from models_ml.artefacts import Artefacts
from models_ml.forecast.drift import Drift
from models_ml.forecast.score import Forecast
from models_ml.forecast.scored import write_scores
from models_ml.forecast.series import DEFINITIONS
from models_ml.forecast.tables import write_features
from models_ml.forecast.train import KIND, evaluate, train
from models_ml.registry import Registry
from orchestration.defs.forecast import check_drift, check_record
from orchestration.plots_forecast import backtest_fan, errors_by_method, leading
from tests.unit.models_ml.forecasting import marts, monthly, noisy


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Forecast]:
    connection, artefacts = marts({"a": noisy(36), "b": noisy(8)}), Artefacts(tmp_path_factory.mktemp("artefacts"))
    write_features(connection, DEFINITIONS)
    train(connection, Registry(KIND))
    decided, _ = evaluate(connection, Registry(KIND), artefacts)
    return write_scores(connection, decided, artefacts)


def test_the_fan_and_the_errors_are_pictures_of_the_longest_mrr(made: list[Forecast]) -> None:
    one = leading(made)
    assert one is not None and (one.series.tenant_id, one.series.metric) == ("a", "mrr")
    for plot in (backtest_fan(made), errors_by_method(made)):
        assert "data:image/png;base64," in str(plot.value) and len(str(plot.value)) > 10_000


def test_without_a_series_the_page_says_so() -> None:
    assert backtest_fan([]).value == "no series"
    assert errors_by_method([]).value == "no backtest"


def test_a_shown_model_that_loses_to_seasonal_naive_fails_the_build_naming_the_series(made: list[Forecast]) -> None:
    assert check_record(made).passed
    one = leading(made)
    assert one is not None
    worst = max(one.backtests.values(), key=lambda record: record.mean_absolute_error)
    best = min(one.backtests.values(), key=lambda record: record.mean_absolute_error)
    records = {**one.backtests, worst.model: worst, "seasonal_naive": best}
    losing = Forecast(one.series, worst.model, "", one.values, None, records)
    result = check_record([losing])
    assert not result.passed and result.metadata["losing"].value == ["a, mrr/EUR"]


def test_drift_warns_and_stops_nothing(tmp_path: Path) -> None:
    result = check_drift([Drift(monthly([1.0, 2.0]), 5, 0), Drift(monthly([1.0], "bookings"), 5, 5)])
    assert not result.passed and result.severity.value == "WARN"
    assert result.metadata["drifting"].value == {"t, mrr/EUR": "0 of 5 inside"}
    assert check_drift([]).passed
