"""What every classifier shares: explanations that add up, files that are the same, folds that keep groups apart."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models_ml.artefacts import ArtefactRefused, Artefacts, estimator_bytes
from models_ml.classifier.candidates import BLEND, CANDIDATES
from models_ml.classifier.decide import decide
from models_ml.classifier.drift import MOST, MOVED, index, profile, stability
from models_ml.classifier.evaluate import Figures, figures
from models_ml.classifier.explain import explain, strongest
from models_ml.classifier.fitted import Fitted, expit, load
from models_ml.classifier.folds import by_group, by_time
from models_ml.classifier.lifecycle import Recent, Task, candidates_of
from models_ml.classifier.table import Columns, Examples
from models_ml.classifier.training import Trained, platt, train

COLUMNS = Columns(("usage", "visits", "gaps", "constant", "unknown"), ("plan",))
DAY = date(2026, 3, 31)


def invented(rows: int, seed: int = 0) -> Examples:
    """Three rows a customer; usage, visits and plan bear on the outcome, a third of `gaps` is missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "usage": rng.normal(size=rows),
            "visits": rng.integers(0, 4, rows).astype(float),
            "gaps": np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows)),
            "constant": 1.0,
            "unknown": np.nan,
            "plan": rng.choice(["small", "large", "odd"], rows, p=[0.6, 0.39, 0.01]),
            "month": np.arange(rows) % 12,
        }
    )
    odds = frame["usage"] + frame["visits"] - 2.5 + (frame["plan"] == "large")
    outcome = (rng.random(rows) < expit(odds.to_numpy(dtype=np.float64))).astype(np.int64)
    group = np.array([f"C{at // 3}" for at in range(rows)], dtype=object)
    return Examples(frame, outcome, group, np.ones(rows))


@pytest.fixture(scope="module")
def trained() -> dict[str, Trained]:
    return {one.fitted.algorithm: one for one in train(invented(900), COLUMNS, 7, by_group(7))}


ALL = [*CANDIDATES, BLEND]


def test_candidates_come_best_first_by_what_they_said_of_rows_they_had_not_seen(trained: dict[str, Trained]) -> None:
    losses = [one.fold_log_loss for one in trained.values()]
    assert set(trained) == set(ALL)
    assert losses == sorted(losses)


@pytest.mark.parametrize("name", ALL)
def test_base_and_contributions_sum_to_the_log_odds(trained: dict[str, Trained], name: str) -> None:
    fitted, frame = trained[name].fitted, invented(200, seed=1).frame
    frame.loc[0, "plan"] = "never seen"
    explanation = explain(fitted, frame)
    assert explanation.columns == ("usage", "visits", "gaps", "plan"), "what does not vary is not learned from"
    np.testing.assert_allclose(explanation.log_odds, fitted.log_odds(frame), rtol=0, atol=1e-9)
    assert abs(explanation.contributions[:, 0]).mean() > 3 * abs(explanation.contributions[:, 2]).mean()


@pytest.mark.parametrize("name", ALL)
def test_a_model_comes_back_from_its_file_with_the_same_bits(trained: dict[str, Trained], name: str) -> None:
    fitted, frame = trained[name].fitted, invented(200, seed=1).frame
    assert (load(fitted.dump()).log_odds(frame) == fitted.log_odds(frame)).all()


def test_a_file_with_anything_but_a_classifiers_parts_is_refused() -> None:
    with pytest.raises(ArtefactRefused, match="Decimal"):
        load(estimator_bytes({"algorithm": __import__("decimal").Decimal(1)}))


@pytest.mark.parametrize("name", ALL)
def test_probabilities_of_rows_never_seen_are_about_right(trained: dict[str, Trained], name: str) -> None:
    judged = invented(2000, seed=2)
    said = trained[name].fitted.probabilities(judged.frame)
    result = figures(judged.outcome, said, invented(900).base_rate)
    assert result.beats_base_rate
    assert result.calibration_error < 0.08
    assert abs(said.mean() - judged.outcome.mean()) < 0.05


def test_permuted_outcomes_of_the_holdout_change_neither_the_choice_nor_the_file(tmp_path: Path) -> None:
    examples = invented(600)
    training, holdout = examples.take(np.arange(400)), examples.take(np.arange(400, 600))
    shuffled = replace(holdout, outcome=np.random.default_rng(3).permutation(holdout.outcome))
    made = []
    for judged in (holdout, shuffled):
        task = Task("a", DAY, training, judged, None, None, by_group(7), Recent(training.frame, [1] * 400))
        made.append(candidates_of(task, COLUMNS, Artefacts(tmp_path), "customers"))
    for one, other in zip(*made, strict=True):
        assert replace(one, judged=None) == replace(other, judged=None), "algorithm, rank, file and folds are the same"
        assert one.judged is not None and other.judged is not None
        assert one.judged.log_loss < other.judged.log_loss


def test_no_group_is_learned_from_and_tried_on_in_one_fold() -> None:
    examples = invented(300)
    tried = np.zeros(300, dtype=int)
    for learned, on in by_group(1)(examples):
        assert not set(examples.group[learned]) & set(examples.group[on])
        tried += on
    assert (tried == 1).all(), "every row is tried on once"


def test_folds_in_time_learn_only_from_days_a_gap_before() -> None:
    examples = invented(600)
    month = examples.frame["month"].to_numpy()
    folds = by_time("month", 3, by_group(1))(examples)
    assert len(folds) == 3
    for learned, tried in folds:
        assert month[learned].max() + 3 <= month[tried].min()


def test_too_few_days_for_folds_in_time_fall_back_to_groups() -> None:
    examples = invented(300)
    flat = Examples(examples.frame.assign(month=1), examples.outcome, examples.group, examples.weight)
    assert len(by_time("month", 3, by_group(1))(flat)) == 4


def test_platt_scaling_finds_the_line_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(size=20_000)
    outcome = (rng.random(20_000) < expit(2 * margins - 1)).astype(np.int64)
    assert platt(margins, outcome, np.ones(20_000)) == pytest.approx((2, -1), abs=0.1)


def test_platt_scaling_of_a_margin_that_says_nothing_is_the_base_rate() -> None:
    slope, intercept = platt(np.ones(8), np.array([1, 0, 0, 0, 0, 0, 0, 0]), np.ones(8))
    assert slope == 0 and expit(np.array([intercept]))[0] == pytest.approx(2 / 10), "Platt's targets: (1 + 1) / (8 + 2)"


def test_figures_by_hand() -> None:
    """Two rows right, one wrong: log-loss −(ln 0.9 + ln 0.8 + ln 0.4) / 3, Brier (0.01 + 0.04 + 0.36) / 3."""
    result = figures(np.array([1, 0, 1]), np.array([0.9, 0.2, 0.4]), 0.5)
    assert result.log_loss == pytest.approx(-(np.log(0.9) + np.log(0.8) + np.log(0.4)) / 3)
    assert result.brier == pytest.approx(0.41 / 3)
    assert result.base_log_loss == pytest.approx(np.log(2))
    assert (result.roc_auc, result.pr_auc) == (1.0, 1.0)


def test_of_one_outcome_there_is_no_area() -> None:
    result = figures(np.zeros(4, dtype=np.int64), np.full(4, 0.1), 0.2)
    assert (result.roc_auc, result.pr_auc) == (None, None)
    assert result.beats_base_rate


def figure(log_loss: float, base: float = 0.5) -> Figures:
    return Figures(100, 10, 0.5, 0.7, log_loss, 0.1, base, 0.01, ())


@pytest.mark.parametrize(
    ("challenger", "champion", "status"),
    [
        (figure(0.40), None, "accepted"),
        (figure(0.51), None, "fallback"),
        (figure(0.40), figure(0.41), "accepted"),
        (figure(0.41), figure(0.41), "refused"),
        (figure(0.51), figure(0.45), "refused"),
        (figure(0.51), figure(0.52), "fallback"),
        (figure(0.45), figure(0.60), "accepted"),
        (figure(0.40), "the file was altered", "accepted"),
        (figure(0.51), "the file was altered", "fallback"),
    ],
)
def test_who_is_let_in(challenger: Figures, champion: Figures | str | None, status: str) -> None:
    verdict = decide(challenger, champion)
    assert verdict.status == status
    assert f"{challenger.log_loss:.4f}" in verdict.reason


def test_the_stability_index_by_hand() -> None:
    """From halves to 0.75 and 0.25: 0.25 ln 1.5 − 0.25 ln 0.5 = 0.2747."""
    assert index(np.array([0.5, 0.5]), np.array([0.75, 0.25])) == pytest.approx(0.2747, abs=1e-4)


def test_only_what_moved_beyond_what_days_differ_anyway_is_beyond() -> None:
    then, now = invented(1200).frame, invented(400, seed=3).frame
    kept = profile(then, COLUMNS, then["month"].tolist())
    assert all(value < most for value, most in stability(kept, now).values())
    moved = now.assign(usage=now["usage"] + 2, plan="new plan")
    beyond = {name for name, (value, most) in stability(kept, moved).items() if value > most}
    assert beyond == {"usage", "plan"}
    assert min(most for _, most in stability(kept, now).values()) >= MOVED


def test_usage_that_halves_everywhere_is_noticed_although_one_day_of_the_year_had_none() -> None:
    """The largest index of a single day, above 6 here, would hide every change there is."""
    rng = np.random.default_rng(0)
    day = np.arange(2400) % 12
    then = pd.DataFrame({"usage": np.where(day == 4, 0.0, rng.uniform(20, 200, 2400))})
    now = pd.DataFrame({"usage": rng.uniform(20, 200, 400) / 2})
    kept = profile(then, Columns(("usage",), ()), day.tolist())
    assert stability(kept, then[day == 4])["usage"][0] > 6
    ((value, most),) = stability(kept, now).values()
    assert MOVED <= most < value


def test_a_column_that_differs_every_day_has_the_largest_threshold_and_no_more() -> None:
    day = np.arange(1200) % 12
    kept = profile(pd.DataFrame({"usage": day * 100.0}), Columns(("usage",), ()), day.tolist())
    assert kept["usage"]["usual"] > MOST
    assert stability(kept, pd.DataFrame({"usage": [0.0]}))["usage"][1] == MOST


def test_the_strongest_reasons_leave_out_what_adds_nothing() -> None:
    assert strongest(np.array([[0.1, -0.5, 0.0], [0.0, 0.0, 0.0]]), 3) == [[1, 0], []]


def test_a_fitted_model_says_the_line_over_the_mean_of_its_members(trained: dict[str, Trained]) -> None:
    frame = invented(50, seed=4).frame
    blend = trained[BLEND].fitted
    used = frame[list(blend.columns.names)]
    mean = (blend.members[0].margins(used) + blend.members[1].margins(used)) / 2
    assert isinstance(blend, Fitted)
    np.testing.assert_allclose(blend.log_odds(frame), blend.slope * mean + blend.intercept)


def test_importing_the_models_loads_no_heavy_library() -> None:
    """What a command that trains nothing would wait for."""
    modules = "models_ml.churn.scoring, models_ml.churn.training, models_ml.deals.scoring, models_ml.deals.training"
    heavy = "{'pandas', 'sklearn', 'scipy', 'shap', 'skops', 'matplotlib', 'numba'}"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
