"""How long customers under contract stay: the published cohorts, their parameters found again, and what is not seen."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models_ml.ltv import beta_logistic, contractual, geometric, shifted_beta_geometric
from models_ml.ltv.likelihood import NotFitted
from models_ml.ltv.spells import Spells


def spells(entered: list[float], stayed: list[float], left: list[bool], texts: list[str] | None = None) -> Spells:
    covariates = np.array([[text] for text in texts], dtype=object) if texts else np.empty((len(entered), 0), object)
    return Spells(np.array(entered, float), np.array(stayed, float), np.array(left, bool), covariates)


def cohort(there: list[int]) -> Spells:
    """One cohort asked at every renewal: how many were there after 0, 1, 2, … of them."""
    lost = [before - after for before, after in pairwise(there)]
    stayed = np.repeat(np.arange(len(there)), [*lost, there[-1]]).astype(float).tolist()
    return spells([0.0] * len(stayed), stayed, [each < len(there) - 1 for each in stayed])


def survivors(folder: Path, column: str) -> list[int]:
    """Of 1,000 customers, after 0, 1, … 7 renewals."""
    with (folder / "retention" / "two_cohorts_years_0-7.csv").open() as file:
        return [int(row[column]) for row in csv.DictReader(file)]


def invented(customers: int, seed: int, segments: bool = False) -> Spells:
    """Chances to leave that are Beta(0.7, 8) over customers, seen for 1 to 40 months; begun before they were seen: one
    in three. With segments the odds of "b" are half and those of "c" double those of "a"."""
    rng = np.random.default_rng(seed)
    texts = rng.choice(["a", "b", "c"], customers)
    factor = np.select([texts == "b", texts == "c"], [0.5, 2.0], 1.0) if segments else np.ones(customers)
    life = rng.geometric(rng.beta(0.7 * factor, 8.0))
    entered = np.where(rng.random(customers) < 1 / 3, 3.0, 0.0)
    seen = entered + rng.integers(1, 40, customers)
    there = life > entered
    stayed, left = np.minimum(life - 1, seen).astype(float), life <= seen
    return Spells(entered, stayed, left, texts.astype(object)[:, None]).where(there)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("column", "alpha", "beta"), [("highend_alive", 0.668, 3.806), ("regular_alive", 0.704, 1.182)]
)
def test_the_published_parameters_are_found(reference: Path, column: str, alpha: float, beta: float) -> None:
    """Fader and Hardie (2007), the two cohorts of 1,000 over seven renewals."""
    found = shifted_beta_geometric.fit(cohort(survivors(reference, column)))
    assert (round(found.alpha, 3), round(found.beta, 3)) == (alpha, beta)


def test_the_expected_cohort_of_known_parameters_gives_them_back() -> None:
    staying = np.cumprod([1.0] + [1 - 0.6 / (0.6 + 3.0 + t) for t in range(8)])
    found = shifted_beta_geometric.fit(cohort([round(1_000_000 * each) for each in staying]))
    assert (found.alpha, found.beta) == pytest.approx((0.6, 3.0), rel=1e-3)


def test_customers_of_different_tenure_and_late_entry_give_the_parameters_back() -> None:
    found = shifted_beta_geometric.fit(invented(60_000, seed=1))
    assert (found.alpha, found.beta) == pytest.approx((0.7, 8.0), rel=0.1)


def test_the_slopes_are_those_of_the_likelihood() -> None:
    some = invented(200, seed=2)
    of = some.entered, some.stayed, some.left
    by_alpha, by_beta = shifted_beta_geometric.slopes(0.7, 8.0, *of)

    def total(alpha: float, beta: float) -> float:
        return float(np.sum(shifted_beta_geometric.log_likelihood(alpha, beta, *of)))

    step = 1e-5
    assert by_alpha.sum() == pytest.approx((total(0.7 + step, 8.0) - total(0.7 - step, 8.0)) / (2 * step), rel=1e-5)
    assert by_beta.sum() == pytest.approx((total(0.7, 8.0 + step) - total(0.7, 8.0 - step)) / (2 * step), rel=1e-5)


def test_a_likelihood_is_the_product_of_the_chances_of_each_month() -> None:
    model = shifted_beta_geometric.ShiftedBetaGeometric(0.7, 8.0)
    one = spells([2.0], [5.0], [True])
    begin = spells([2.0], [2.0], [False])
    chances = model.leaving(begin, 4)[0]
    assert np.exp(model.log_likelihood(one)) == pytest.approx(np.prod(1 - chances[:3]) * chances[3])


def test_covariates_are_found_and_win_on_months_that_they_did_not_see() -> None:
    some = invented(4_000, seed=3, segments=True)
    training, holdout = some.until(np.full(len(some), 15.0)), some.after(np.full(len(some), 15.0))
    losses = [model.log_likelihood(holdout) for model in contractual.candidates(training)]
    assert losses.index(max(losses)) == 2
    weights = beta_logistic.fit(training).weights[0]
    assert np.exp(weights["b"] - weights["a"]) == pytest.approx(0.5, rel=0.2)
    assert np.exp(weights["c"] - weights["a"]) == pytest.approx(2.0, rel=0.2)


def test_covariates_that_say_nothing_change_little() -> None:
    weights = beta_logistic.fit(invented(4_000, seed=4)).weights[0]
    assert max(abs(each) for each in weights.values()) < 0.15


def test_a_value_that_training_did_not_know_counts_as_the_average() -> None:
    model = beta_logistic.fit(invented(2_000, seed=5, segments=True))
    assert model.alphas(spells([0.0], [0.0], [False], ["new"]))[0] == pytest.approx(model.alpha)


def test_a_rare_value_has_no_weight() -> None:
    some = invented(500, seed=6)
    some.covariates[: beta_logistic.FEWEST - 1, 0] = "rare"
    assert set(beta_logistic.fit(some).weights[0]) == {"a", "b", "c"}


def test_a_constant_chance_is_found_by_the_plain_rule_and_not_beaten() -> None:
    rng = np.random.default_rng(7)
    life, seen = rng.geometric(0.05, 20_000), rng.integers(1, 40, 20_000)
    some = spells([0.0] * 20_000, np.minimum(life - 1, seen).tolist(), (life <= seen).tolist())
    assert geometric.fit(some).chance == pytest.approx(0.05, rel=0.05)
    flexible = shifted_beta_geometric.fit(some)
    chances = flexible.leaving(spells([0.0], [0.0], [False]), 24)[0]
    assert chances.min() == pytest.approx(chances.max(), rel=0.1)


def test_nobody_to_ask_is_refused() -> None:
    with pytest.raises(NotFitted):
        geometric.fit(spells([], [], []))


def test_what_is_known_until_a_tenure_and_what_came_after_make_the_whole() -> None:
    some = invented(1_000, seed=8)
    at = np.random.default_rng(9).integers(-3, 30, len(some)).astype(float)
    model = shifted_beta_geometric.ShiftedBetaGeometric(0.7, 8.0)
    parts = some.until(at), some.after(at)
    assert sum(each.months_asked for each in parts) == some.months_asked
    assert sum(model.log_likelihood(each) for each in parts) == pytest.approx(model.log_likelihood(some))
    assert all(len(each) for each in parts)


def test_kaplan_meier_has_its_textbook_value() -> None:
    """Six customers: one leaves at the second question and one at the third, one is seen no further after the first."""
    seen = spells([0.0] * 6, [1.0, 1.0, 2.0, 3.0, 3.0, 3.0], [True, False, True, False, False, False])
    assert seen.kaplan_meier().tolist() == pytest.approx([1.0, 1.0, 4 / 5, 4 / 5 * 3 / 4])


@pytest.mark.parametrize(("alpha", "beta", "months"), [(0.7, 8.0, 36), (0.7, 8.0, 12), (4.0, 4.0, 36), (2.0, 60.0, 12)])
def test_intervals_hold_what_they_say_for_customers_of_the_true_model(alpha: float, beta: float, months: int) -> None:
    """No tail beyond a bound holds more than a tenth, and none could be moved by a month without holding more."""
    customers = 40_000
    model = shifted_beta_geometric.ShiftedBetaGeometric(alpha, beta)
    staying = np.cumprod(1.0 - model.leaving(spells([0.0], [0.0], [False]), months), axis=1)
    low, high = (int(bound[0]) for bound in contractual.kept_months(staying))
    rng = np.random.default_rng(10)
    kept = np.minimum(rng.geometric(rng.beta(alpha, beta, customers)) - 1, months)
    chance = 4 * np.sqrt(0.09 / customers)
    assert np.mean(kept < low) < 0.1 + chance and np.mean(kept <= low) > 0.1 - chance
    assert np.mean(kept > high) < 0.1 + chance and np.mean(kept >= high) > 0.1 - chance
    assert np.mean((low <= kept) & (kept <= high)) > 0.8 - chance


def test_value_is_the_discounted_margin_of_the_months_that_a_customer_stays() -> None:
    worth = contractual.worth(np.full((1, 36), 0.02), np.array([100.0]), 0.10)
    by_hand = [sum(100 * 0.98**k * 1.1 ** (-k / 12) for k in range(1, months + 1)) for months in (12, 36)]
    assert [worth.ltv_12m[0], worth.ltv_36m[0]] == pytest.approx(by_hand)
    assert worth.low_12m[0] <= worth.ltv_12m[0] <= worth.high_12m[0] <= worth.high_36m[0]
    assert worth.staying_12m[0] == pytest.approx(0.98**12)


def test_parameters_come_back_from_their_file_as_they_were() -> None:
    some = invented(500, seed=11, segments=True)
    for model in contractual.candidates(some):
        again = contractual.from_parameters(model.name, contractual.to_parameters(model))
        assert again == model and again.log_likelihood(some) == model.log_likelihood(some)
