"""MRR from below: the base decays by what cohorts of each age kept, new cohorts arrive and decay alike.

A chain ladder over `marts.cohort_analysis` (Mack 1993): the factor of an age is MRR kept or grown from one month-end to
the next by all cohorts of that age in the last two years, drawn towards the factor of all ages as far as that age has
less than the average exposure. It stands beside the top-down forecast, which is the headline: both are judged at the
same origins.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

from models_ml.forecast.choose import FEWEST_ORIGINS, statistical_origins
from models_ml.forecast.evaluate import Backtest, fold_of
from models_ml.forecast.intervals import half_widths
from models_ml.forecast.methods.base import Floats
from models_ml.forecast.scenarios import BASE, Scenario
from models_ml.forecast.score import Forecast
from models_ml.forecast.series import Series

APPROACH, MODEL = "bottom_up", "cohorts"
FEWEST_MONTHS = 18
ARRIVALS = 12
"""Months whose new MRR is the mean that is expected."""
TRANSITIONS = 24
RENEWED_AFTER = 12
"""Months in which a new price reaches the whole base, the same part in each."""


@dataclass(frozen=True)
class Triangle:
    """MRR of a tenant's cohorts at each of its full month-ends: `mrr[cohort, month]`, 0 before the cohort began at
    month `began[cohort]`, which is negative where that was before the first of them. `monthly_loss` is the share of MRR
    lost to churn and contraction in a month, of the last twelve of them."""

    mrr: Floats
    began: tuple[int, ...]
    monthly_loss: float

    def until(self, months: int) -> "Triangle":
        kept = [at for at, start in enumerate(self.began) if start < months]
        return Triangle(self.mrr[kept, :months], tuple(self.began[at] for at in kept), self.monthly_loss)


def ahead(triangle: Triangle, horizon: int, scenario: Scenario = BASE) -> Floats:
    """MRR of the next months."""
    months = triangle.mrr.shape[1]
    factors, overall = age_factors(triangle)
    harder = triangle.monthly_loss * (scenario.churn - 1)
    kept = np.maximum(np.append(factors, np.full(horizon + 1, overall)) - harder, 0.0)
    base, ages = triangle.mrr[:, -1], months - 1 - np.asarray(triangle.began, dtype=np.int64)
    survival = np.concatenate([[1.0], np.cumprod(kept)])
    arriving = _arrivals(triangle) * scenario.price * scenario.win_rate
    made = []
    for step in range(1, horizon + 1):
        base = base * kept[ages]
        ages = ages + 1
        repriced = 1 + (scenario.price - 1) * min(step / RENEWED_AFTER, 1.0)
        made.append(float(base.sum()) * repriced + arriving * float(survival[:step].sum()))
    return np.asarray(made)


def age_factors(triangle: Triangle) -> tuple[Floats, float]:
    """The factor from each age in months to the next, up to the age of the oldest cohort, and that of all ages."""
    months = triangle.mrr.shape[1]
    # A cohort from before the first month is older than there are months.
    count = months + max(0, -min(triangle.began, default=0))
    kept, exposed = np.zeros(count), np.zeros(count)
    for at in range(max(0, months - 1 - TRANSITIONS), months - 1):
        for cohort, start in enumerate(triangle.began):
            if start <= at:
                kept[at - start] += triangle.mrr[cohort, at + 1]
                exposed[at - start] += triangle.mrr[cohort, at]
    overall = float(kept.sum() / exposed.sum()) if exposed.sum() > 0 else 1.0
    lent = float(exposed.sum()) / max(1, int((exposed > 0).sum()))
    return (kept + lent * overall) / (exposed + lent) if lent > 0 else np.full(count, overall), overall


def _arrivals(triangle: Triangle) -> float:
    """New MRR of a month. The first month is no arrival: there everybody begins."""
    months = triangle.mrr.shape[1]
    first = max(1, months - ARRIVALS)
    new = [float(triangle.mrr[cohort, start]) for cohort, start in enumerate(triangle.began) if start >= first]
    return float(math.fsum(new) / max(1, months - first))


def forecasts(series: Series, triangle: Triangle, scenarios: Sequence[Scenario]) -> list[Forecast]:
    """One of each scenario that changes something here, the base with its backtest first; none of a short history."""
    months = triangle.mrr.shape[1]
    if months < FEWEST_MONTHS or not triangle.began:
        return []
    record = _record(series, triangle)
    widths = half_widths(record.folds, series.values, series.season, series.frequency, series.horizon)
    made = []
    base = ahead(triangle, series.horizon)
    for scenario in scenarios:
        values = ahead(triangle, series.horizon, scenario)
        if scenario.name != BASE.name and np.array_equal(values, base):
            continue
        reason = f"{len(triangle.began)} cohorts decay by age, new ones arrive as in the last {ARRIVALS} months"
        if scenario.name != BASE.name:
            reason += f"; churn x {scenario.churn:g}, price x {scenario.price:g}, win rate x {scenario.win_rate:g}"
        backtests = {MODEL: record} if scenario.name == BASE.name and record.folds else {}
        made.append(Forecast(series, MODEL, reason, values, widths, backtests, APPROACH, scenario.name))
    return made


def _record(series: Series, triangle: Triangle) -> Backtest:
    """At the origins of the top-down methods where there are some: the two records can be read side by side."""
    at = statistical_origins(series)
    folds = []
    for origin in at if len(at) >= FEWEST_ORIGINS else ():
        actual = np.asarray(series.values[origin.train_end : origin.test_end])
        predicted = ahead(triangle.until(origin.train_end), len(actual))
        folds.append(fold_of(series, origin.train_end, (actual - predicted).tolist()))
    return Backtest(MODEL, tuple(folds))


def read_triangles(connection: duckdb.DuckDBPyConnection, mrr: Sequence[Series]) -> dict[str, Triangle]:
    """Of every tenant with a series of MRR, over exactly its months."""
    losses = dict(
        connection.execute(
            """select m.tenant_id, (sum(m.churned_mrr + m.contraction_mrr) / sum(m.opening_mrr))::double
            from marts.revenue_metrics as m inner join run.tenants as t using (tenant_id)
            where not m.is_partial and m.month >= date_trunc('month', t.as_of + 1) - interval 12 month
            group by all having sum(m.opening_mrr) > 0"""
        ).fetchall()
    )
    rows = connection.execute(
        """select tenant_id, cohort_month, period, mrr::double from marts.cohort_analysis
        where mrr <> 0 order by tenant_id, cohort_month, period"""
    ).fetchall()
    cells: dict[str, list[tuple[date, int, float]]] = {}
    for tenant_id, cohort, period, amount in rows:
        cells.setdefault(tenant_id, []).append((cohort, period, amount))
    return {
        one.tenant_id: _triangle(one, cells.get(one.tenant_id, []), losses) for one in mrr if len(one) >= FEWEST_MONTHS
    }


def _triangle(series: Series, cells: Sequence[tuple[date, int, float]], losses: Mapping[str, float]) -> Triangle:
    first = series.dates[0]
    starts = sorted({cohort for cohort, _, _ in cells})
    # A cohort from before the series' first month has its MRR there, as of its true age.
    began = [(cohort.year - first.year) * 12 + cohort.month - first.month for cohort in starts]
    mrr = np.zeros((len(starts), len(series)))
    place = {cohort: number for number, cohort in enumerate(starts)}
    for cohort, period, amount in cells:
        month = began[place[cohort]] + period
        if 0 <= month < len(series):
            mrr[place[cohort], month] = amount
    inside = [number for number, start in enumerate(began) if start < len(series)]
    return Triangle(mrr[inside], tuple(began[number] for number in inside), losses.get(series.tenant_id, 0.0))
