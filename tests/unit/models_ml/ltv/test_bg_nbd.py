"""BG/NBD and Gamma-Gamma: the published figures, parameters found again, and formulas that hold at their edges."""

import csv
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models_ml.ltv import bg_nbd, gamma_gamma
from models_ml.ltv.bg_nbd import BgNbd, _objective
from models_ml.ltv.gamma_gamma import GammaGamma
from models_ml.ltv.likelihood import Floats, NotFitted
from models_ml.ltv.non_contractual import Buyers

TRUTH = BgNbd(0.8, 6.0, 0.9, 2.5)
SPENDING = GammaGamma(6.0, 4.0, 45.0)


def simulated(customers: int, seed: int, later: float = 26.0) -> tuple[Buyers, Floats, Floats]:
    """Buyers as the model has them, what each buys in the `later` weeks, and what that is worth."""
    rng = np.random.default_rng(seed)
    rate, leaves = rng.gamma(TRUTH.r, 1 / TRUTH.alpha, customers), rng.beta(TRUTH.a, TRUTH.b, customers)
    scale, age = rng.gamma(SPENDING.q, 1 / SPENDING.gamma, customers), rng.uniform(20, 100, customers)
    x, last, spent, after, after_value, now = (np.zeros(customers) for _ in range(6))
    there = np.ones(customers, dtype=bool)
    while there.any():
        now[there] += rng.exponential(1 / rate[there])
        value = rng.gamma(SPENDING.p, 1 / scale)
        before, ahead = there & (now <= age), there & (now > age) & (now <= age + later)
        x[before] += 1
        last[before], spent[before] = now[before], spent[before] + value[before]
        after[ahead] += 1
        after_value[ahead] += value[ahead]
        there &= (now <= age + later) & (rng.random(customers) >= leaves)
    mean = np.divide(spent, x, out=np.zeros(customers), where=x > 0)
    return Buyers(x, last, age, mean), after, after_value


def cdnow(folder: Path, end: date = date(1997, 9, 30)) -> Buyers:
    """Of each customer, in the order of the file: repeat purchase days until `end` and the mean of their amounts."""
    days: dict[str, dict[date, float]] = {}
    with (folder / "cdnow" / "transactions_to_1997-09.csv").open() as file:
        for row in csv.DictReader(file):
            of, day = days.setdefault(row["customer_id"], {}), date.fromisoformat(row["ordered_on"])
            if day <= end:
                of[day] = of.get(day, 0.0) + float(row["amount"])
    found = []
    for of in days.values():
        first, repeats = min(of), [value for day, value in of.items() if day > min(of)]
        mean = float(np.mean(repeats)) if repeats else 0.0
        found.append((len(repeats), (max(of) - first).days / 7, (end - first).days / 7, mean))
    return Buyers(*np.array(found, dtype=np.float64).T)


@pytest.mark.reference
def test_the_published_parameters_of_cdnow_are_found(reference: Path) -> None:
    """Fader, Hardie and Lee (2005), table 2, and Fader and Hardie (2013), Gamma-Gamma on the same customers."""
    buyers = cdnow(reference)
    assert len(buyers) == 2357
    found = bg_nbd.fit(buyers.frequency, buyers.recency, buyers.age)
    assert [round(each, 3) for each in (found.r, found.alpha, found.a, found.b)] == [0.243, 4.414, 0.793, 2.426]
    some = (buyers.frequency > 0) & (buyers.mean_value > 0)
    spending = gamma_gamma.fit(buyers.frequency[some], buyers.mean_value[some])
    assert [round(each, 2) for each in (spending.p, spending.q, spending.gamma)] == [6.25, 3.74, 15.44]


def test_the_parameters_of_invented_customers_are_found_again() -> None:
    buyers, _, _ = simulated(20_000, seed=1)
    found = bg_nbd.fit(buyers.frequency, buyers.recency, buyers.age)
    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.8, 6.0, 0.9, 2.5], rel=0.1)
    some = buyers.frequency > 0
    spending = gamma_gamma.fit(buyers.frequency[some], buyers.mean_value[some])
    assert [spending.p, spending.q, spending.gamma] == pytest.approx([6.0, 4.0, 45.0], rel=0.1)


def test_the_gradient_is_the_slope_of_the_likelihood() -> None:
    buyers, _, _ = simulated(300, seed=2)
    logs, step = np.log([0.7, 5.0, 1.2, 3.0]), 1e-6
    of = buyers.frequency, buyers.recency, buyers.age, np.ones(len(buyers))
    _, gradient = _objective(logs, *of)
    for at in range(4):
        moved = np.eye(4)[at] * step
        slope = (_objective(logs + moved, *of)[0] - _objective(logs - moved, *of)[0]) / (2 * step)
        assert gradient[at] == pytest.approx(slope, rel=1e-5, abs=1e-4)


def test_customers_who_are_alike_count_as_often_as_they_are_there() -> None:
    buyers, _, _ = simulated(500, seed=3)
    once = bg_nbd.fit(buyers.frequency, buyers.recency, buyers.age)
    thrice = bg_nbd.fit(*(np.tile(each, 3) for each in (buyers.frequency, buyers.recency, buyers.age)))
    assert [thrice.r, thrice.a] == pytest.approx([once.r, once.a], rel=1e-3)


def test_the_order_of_customers_changes_no_bit_of_the_fit() -> None:
    buyers, _, _ = simulated(500, seed=4)
    mixed = np.random.default_rng(0).permutation(500)
    there = bg_nbd.fit(buyers.frequency, buyers.recency, buyers.age)
    assert there == bg_nbd.fit(buyers.frequency[mixed], buyers.recency[mixed], buyers.age[mixed])


def test_expected_purchases_come_true_on_average() -> None:
    buyers, after, _ = simulated(40_000, seed=5)
    expected = TRUTH.expected_purchases(26.0, buyers.frequency, buyers.recency, buyers.age)
    for least, most in ((0, 0), (1, 2), (3, 6), (7, 1000)):
        some = (buyers.frequency >= least) & (buyers.frequency <= most)
        error = np.std(after[some]) / np.sqrt(some.sum())
        assert abs(np.mean(expected[some]) - np.mean(after[some])) < 4 * error, (least, most)


def test_who_never_bought_again_is_alive_and_long_silence_of_a_frequent_buyer_means_gone() -> None:
    frequency, recency, age = np.array([0.0, 20.0, 20.0]), np.array([0.0, 50.0, 99.0]), np.full(3, 100.0)
    alive = TRUTH.alive(frequency, recency, age)
    assert alive[0] == 1.0
    assert alive[1] < 0.01 and alive[2] > 0.9


@pytest.mark.parametrize("purchases", [0.0, 1.0, 50.0, 5_000.0])
def test_expected_purchases_grow_with_time_and_stay_finite(purchases: float) -> None:
    of = np.array([purchases]), np.array([99.0 if purchases else 0.0]), np.array([100.0])
    expected = [float(TRUTH.expected_purchases(weeks, *of)[0]) for weeks in (0.0, 1.0, 10.0, 100.0, 1000.0)]
    assert expected[0] == pytest.approx(0.0, abs=1e-9)
    assert all(before < after < 1e6 for before, after in pairwise(expected))


@pytest.mark.parametrize("b", [0.001, 3.0, 3e6])
@pytest.mark.parametrize("a", [0.01, 1.0, 1e3, 3e6])
@pytest.mark.parametrize("r", [0.1, 3e6])
def test_expected_purchases_are_numbers_for_every_model_that_a_fit_may_end_in(r: float, a: float, b: float) -> None:
    """No more than a Poisson process without leaving, and no less than none."""
    frequency, age = np.array([0.0, 1.0, 300.0]), np.full(3, 50.0)
    model = BgNbd(r, r * 10.0, a, b)
    expected = model.expected_purchases(52.0, frequency, age * (frequency > 0), age)
    without_leaving = 52.0 * (r + frequency) / (r * 10.0 + age)
    assert np.all(np.isfinite(expected))
    assert np.all((expected >= 0) & (expected <= without_leaving * 1.001))


def test_the_two_ways_to_expect_purchases_agree() -> None:
    buyers, _, _ = simulated(500, seed=6)
    of = buyers.frequency, buyers.recency, buyers.age
    by_quantiles = TRUTH._by_quantiles(26.0, buyers.frequency, buyers.age) * TRUTH.alive(*of)
    assert by_quantiles == pytest.approx(TRUTH.expected_purchases(26.0, *of), rel=0.01)


def test_expected_purchases_do_not_jump_where_the_formula_divides_by_zero() -> None:
    of = np.array([3.0]), np.array([30.0]), np.array([40.0])
    near = [float(BgNbd(0.8, 6.0, a, 2.5).expected_purchases(52.0, *of)[0]) for a in (0.9999, 1.0, 1.0001)]
    assert near[0] == pytest.approx(near[1], rel=1e-4)
    assert near[1] == pytest.approx(near[2], rel=1e-4)


def test_the_value_of_a_purchase_lies_between_the_own_mean_and_everybodys() -> None:
    few, many = SPENDING.expected_value(np.array([1.0, 100.0]), np.array([300.0, 300.0]))
    everybody = float(SPENDING.expected_value(np.array([0.0]), np.array([0.0]))[0])
    assert everybody == pytest.approx(6.0 * 45.0 / 3.0)
    assert everybody < few < many < 300.0


def test_purchases_that_are_all_alike_are_expected_to_stay_so() -> None:
    found = gamma_gamma.fit(np.full(50, 3.0), np.full(50, 20.0))
    assert found.expected_value(np.array([3.0]), np.array([20.0]))[0] == pytest.approx(20.0, rel=1e-3)


def test_values_without_a_mean_are_refused() -> None:
    rng = np.random.default_rng(6)
    with pytest.raises(NotFitted, match="varies too much"):
        gamma_gamma.fit(np.full(2000, 1.0), np.exp(rng.normal(0, 5, 2000)))
