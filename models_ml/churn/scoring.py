"""Features and the models in use become `ml.churn_predictions`, `ml.churn_risk_changes` and `ml.churn_drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from models_ml.artefacts import Artefacts
from models_ml.churn.features import COLUMNS, HORIZON
from models_ml.churn.reasons import WORDS, interventions
from models_ml.churn.risk import Action, Risk, risks
from models_ml.classifier.drift import FEWEST_ROWS, stability
from models_ml.classifier.explain import Explanation, explain
from models_ml.classifier.fitted import Fitted, expit
from models_ml.classifier.lifecycle import BASE_RATE, in_list, model_of
from models_ml.classifier.table import Floats
from models_ml.classifier.words import reasons
from models_ml.registry import Entry, Registry
from models_ml.rows import insert

if TYPE_CHECKING:
    import pandas as pd

BASE_MONTHS = 12
"""Newest month-ends with a known outcome over which the base rate is taken."""
RISEN = 0.01
MISCALIBRATED = 3.0
"""Standard deviations by which those who left may differ from what was expected."""

TABLES = """
create schema if not exists ml;
create or replace table ml.churn_predictions (
    tenant_id varchar not null, customer_id varchar not null, scored_on date not null, probability double,
    risk_level varchar, reasons varchar not null, interventions varchar not null, action varchar,
    mrr decimal(28, 4) not null, currency varchar not null, expected_mrr_at_risk decimal(28, 4),
    expected_gain decimal(28, 4), model varchar not null, model_version varchar, reason varchar
);
create or replace table ml.churn_risk_changes (
    tenant_id varchar not null, customer_id varchar not null, scored_on date not null, previous_on date not null,
    rank integer not null, probability double not null, previous_probability double not null, rise double not null,
    mrr decimal(28, 4) not null, currency varchar not null, expected_mrr_at_risk decimal(28, 4) not null,
    main_reason varchar, model_version varchar not null
);
create or replace table ml.churn_drift (
    tenant_id varchar not null, scored_on date not null, measure varchar not null, name varchar not null,
    value double not null, threshold double not null, is_beyond boolean not null
);
"""


@dataclass(frozen=True)
class Scored:
    """What an asset tells of a run; explanations and importance are of the tenants with a model, by tenant."""

    customers: int = 0
    models: Mapping[str, str] = field(default_factory=dict)
    """The model in use, or why there is none, by tenant."""
    explained: Mapping[str, Explanation] = field(default_factory=dict)
    beyond: Sequence[tuple[str, str, str, float]] = ()
    """Drift beyond its threshold: tenant, measure, name, value."""


_Row = tuple[Any, ...]


@dataclass(frozen=True)
class _Tenant:
    tenant_id: str
    as_of: date
    currency: str
    margin: float
    actions: Sequence[Action]
    suggestions: Mapping[str, str]


def write_scores(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> Scored:
    """Scores everybody who pays on the tenant's as-of date. The tables exist, empty, where nobody does."""
    connection.execute(TABLES)
    tenants = _tenants(connection)
    found = {one.tenant_id: model_of(registry, one.tenant_id, one.as_of, artefacts, COLUMNS) for one in tenants}
    with_model = {tenant: model for tenant, model in found.items() if not isinstance(model, str)}
    why_not = {tenant: reason for tenant, reason in found.items() if isinstance(reason, str)}
    predictions = _plain_rows(connection, tenants, why_not) if why_not else []
    changes: list[_Row] = []
    drift: list[_Row] = []
    explained: dict[str, Explanation] = {}
    beyond: list[tuple[str, str, str, float]] = []
    of = _features_of(connection, list(with_model)) if with_model else {}
    for tenant in (one for one in tenants if one.tenant_id in of):
        fitted, entry = with_model[tenant.tenant_id]
        rows = of[tenant.tenant_id]
        now = rows[rows["month_index"] == _month(tenant.as_of)]
        if len(now):
            explained[tenant.tenant_id] = explain(fitted, now)
            predictions += _predictions(tenant, now, entry, explained[tenant.tenant_id])
            changes += _changes(tenant, rows, fitted, entry, explained[tenant.tenant_id])
        moved = _drift(rows, now, fitted, entry)
        drift += [(tenant.tenant_id, tenant.as_of, *one) for one in moved]
        beyond += [(tenant.tenant_id, *one[:3]) for one in moved if one[-1]]
    insert(connection, "ml.churn_predictions", predictions)
    insert(connection, "ml.churn_risk_changes", changes)
    insert(connection, "ml.churn_drift", drift)
    models = {**why_not, **{tenant: entry.model_version for tenant, (_, entry) in with_model.items()}}
    return Scored(len(predictions), models, explained, beyond)


def _features_of(connection: duckdb.DuckDBPyConnection, tenants: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The days that are asked about: the as-of date, the month-end before it and the newest with a known outcome. MRR
    in ten-thousandths: a data frame would make floating point of the decimals."""
    frame = connection.execute(
        f"""select f.* replace ((f.mrr * 10000)::bigint as mrr) from ml.churn_features as f
        inner join run.tenants as t using (tenant_id)
        where {in_list(tenants)} and (
            f.month_index >= year(t.as_of) * 12 + month(t.as_of) - 2
            or f.month_index in (
                select max(k.month_index) from ml.churn_features as k
                where k.tenant_id = f.tenant_id and k.churned is not null
            )
        )
        order by f.tenant_id, f.month_index, f.customer_id"""
    ).df()
    return {str(tenant): rows for tenant, rows in frame.groupby("tenant_id", sort=False)}


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _plain_rows(
    connection: duckdb.DuckDBPyConnection, tenants: Sequence[_Tenant], why_not: Mapping[str, str]
) -> list[_Row]:
    """Of the tenants without a model, without data frames: most of many tenants are small."""
    paying: dict[str, list[tuple[str, Decimal]]] = {}
    for tenant_id, customer_id, mrr in connection.execute(
        """select f.tenant_id, f.customer_id, f.mrr from ml.churn_features as f
        inner join run.tenants as t on t.tenant_id = f.tenant_id and t.as_of = f.scored_on
        order by f.tenant_id, f.customer_id"""
    ).fetchall():
        paying.setdefault(tenant_id, []).append((customer_id, mrr))
    rates = base_rates(connection)
    return [
        row
        for tenant in tenants
        if tenant.tenant_id in why_not and tenant.tenant_id in paying
        for row in _plain(tenant, paying[tenant.tenant_id], rates.get(tenant.tenant_id), why_not[tenant.tenant_id])
    ]


def base_rates(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[float, int]]:
    """By tenant: the share of customer-months of the last year with a known outcome that were followed by leaving,
    and how many there were. Tenants without any are missing."""
    rows = connection.execute(
        f"""
        with tenants as (
            select tenant_id, year(as_of) * 12 + month(as_of) - 1 - (as_of < last_day(as_of))::integer as last_full
            from run.tenants
        ),
        paying as (
            select distinct tenant_id, customer_id, month_index from intermediate.int_mrr__customer_months
            where net_mrr > 0
        ),
        followed as (
            select p.tenant_id, p.customer_id, p.month_index, count(n.month_index) < {HORIZON} as churned
            from paying as p
            inner join tenants as t using (tenant_id)
            left join paying as n
                on n.tenant_id = p.tenant_id and n.customer_id = p.customer_id
                and n.month_index > p.month_index and n.month_index <= p.month_index + {HORIZON}
            where p.month_index <= t.last_full - {HORIZON} and p.month_index > t.last_full - {HORIZON + BASE_MONTHS}
            group by all
        )
        select tenant_id, count(*) filter (where churned), count(*) from followed group by all
        """
    ).fetchall()
    return {tenant: (left / of, of) for tenant, left, of in rows}


def _tenants(connection: duckdb.DuckDBPyConnection) -> list[_Tenant]:
    """Every tenant with its own rows of the two seeds, or those of `*`; its margin is the one that lifetime values are
    made with: that of its products in the newest month, else its setting."""
    actions: dict[str, list[Action]] = {}
    for tenant, level, action, cost, rate, months in connection.execute(
        "select tenant_id, risk_level, action, cost, save_rate, months from staging.churn_actions order by all"
    ).fetchall():
        actions.setdefault(tenant, []).append(Action(level, action, float(cost), float(rate), months))
    suggestions: dict[str, dict[str, str]] = {}
    for tenant, feature, suggestion in connection.execute(
        "select tenant_id, feature, suggestion from staging.churn_interventions order by all"
    ).fetchall():
        suggestions.setdefault(tenant, {})[feature] = suggestion
    tenants = connection.execute(
        """select t.tenant_id, t.as_of, t.reporting_currency, coalesce(m.gross_margin, t.gross_margin::double)
        from run.tenants as t
        left join (
            select tenant_id, arg_max(gross_margin, month) as gross_margin from marts.revenue_metrics group by tenant_id
        ) as m using (tenant_id)
        order by t.tenant_id"""
    ).fetchall()
    return [
        _Tenant(
            tenant,
            as_of,
            currency,
            margin,
            actions.get(tenant, actions.get("*", [])),
            {**suggestions.get("*", {}), **suggestions.get(tenant, {})},
        )
        for tenant, as_of, currency, margin in tenants
    ]


def _money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _mrr(rows: pd.DataFrame) -> list[Decimal]:
    return [Decimal(int(value)).scaleb(-4) for value in rows["mrr"]]


def _risk(tenant: _Tenant, mrr: Sequence[Decimal], probabilities: Floats) -> Risk:
    return risks(probabilities, np.array(mrr, dtype=np.float64), tenant.margin, tenant.actions)


def _plain(
    tenant: _Tenant, paying: Sequence[tuple[str, Decimal]], rate: tuple[float, int] | None, reason: str
) -> list[_Row]:
    """The base rate for everybody; without a customer-month to take it from there is no probability."""
    if rate is None:
        why = f"{reason}; and no month has a known outcome yet"
        nothing = (None, None, "[]", "[]", None)
        return [
            (tenant.tenant_id, customer, tenant.as_of, *nothing, mrr, tenant.currency, None, None, BASE_RATE, None, why)
            for customer, mrr in paying
        ]
    probability, of = rate
    risk = _risk(tenant, [mrr for _, mrr in paying], np.full(len(paying), probability))
    why = f"{reason}; the share of {of} customer-months of a year is shown"
    return [
        (
            tenant.tenant_id,
            customer,
            tenant.as_of,
            probability,
            level,
            "[]",
            "[]",
            action,
            mrr,
            tenant.currency,
            _at_risk(probability, mrr),
            _money(gain),
            BASE_RATE,
            None,
            why,
        )
        for (customer, mrr), level, action, gain in zip(
            paying, risk.level, risk.action, risk.gain.tolist(), strict=True
        )
    ]


def _at_risk(probability: float, mrr: Decimal) -> Decimal:
    return (Decimal(repr(float(probability))) * mrr).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _predictions(tenant: _Tenant, now: pd.DataFrame, entry: Entry, explanation: Explanation) -> list[_Row]:
    probabilities = expit(explanation.log_odds)
    mrr_of = _mrr(now)
    risk = _risk(tenant, mrr_of, probabilities)
    values = now[list(explanation.columns)].astype(object).to_numpy().tolist()
    told, raising = reasons(explanation, values, ("raises the risk", "lowers the risk"), WORDS)
    return [
        (
            tenant.tenant_id,
            customer_id,
            tenant.as_of,
            probability,
            level,
            own,
            interventions(raised, tenant.suggestions),
            action,
            mrr,
            tenant.currency,
            _at_risk(probability, mrr),
            _money(gain),
            entry.algorithm,
            entry.model_version,
            entry.reason,
        )
        for customer_id, probability, level, own, raised, action, mrr, gain in zip(
            now["customer_id"],
            probabilities.tolist(),
            risk.level,
            told,
            raising,
            risk.action,
            mrr_of,
            risk.gain.tolist(),
            strict=True,
        )
    ]


def _changes(tenant: _Tenant, rows: pd.DataFrame, fitted: Fitted, entry: Entry, explanation: Explanation) -> list[_Row]:
    """Whose probability rose since the month-end before, by the same model on what was known on either day.

    `explanation` is that of the as-of date's rows, in their order.
    """
    month = _month(tenant.as_of)
    today, earlier = rows[rows["month_index"] == month], rows[rows["month_index"] == month - 1]
    today = today.assign(at=np.arange(len(today)), probability=expit(explanation.log_odds))
    pair = today.merge(earlier, on="customer_id", suffixes=("", "_before"))
    if not len(pair):
        return []
    names = list(fitted.columns.names)
    before = pair[[f"{name}_before" for name in names]].set_axis(names, axis=1)
    now, then = pair["probability"].to_numpy(), fitted.probabilities(before)
    order = [at for at in np.lexsort((pair["customer_id"], then - now)) if now[at] - then[at] >= RISEN]
    if not order:
        return []
    moved = explanation.contributions[pair["at"].iloc[order]] - explain(fitted, before.iloc[order]).contributions
    mrr = _mrr(pair.iloc[order])
    return [
        (
            tenant.tenant_id,
            pair["customer_id"].iloc[at],
            tenant.as_of,
            pair["scored_on_before"].iloc[at].date(),
            rank + 1,
            float(now[at]),
            float(then[at]),
            float(now[at] - then[at]),
            mrr[rank],
            tenant.currency,
            _at_risk(float(now[at]), mrr[rank]),
            names[int(moved[rank].argmax())],
            entry.model_version,
        )
        for rank, at in enumerate(order)
    ]


def _drift(
    rows: pd.DataFrame, now: pd.DataFrame, fitted: Fitted, entry: Entry
) -> list[tuple[str, str, float, float, bool]]:
    """How far today's features are from the training's, and those who left from what was expected of the newest
    month-end whose outcome is known and which the model did not learn from."""
    found: list[tuple[str, str, float, float, bool]] = []
    if len(now) >= FEWEST_ROWS:
        for name, (value, threshold) in stability(fitted.profile, now).items():
            found.append(("feature", name, value, threshold, value > threshold))
    judged = rows[rows["churned"].notna() & (rows["scored_on"].dt.date > (entry.window or (date.min,) * 2)[1])]
    judged = judged[judged["month_index"] == judged["month_index"].max()]
    if len(judged):
        expected = fitted.probabilities(judged)
        deviation = float(np.sqrt((expected * (1 - expected)).sum()))
        distance = float(judged["churned"].astype(float).sum() - expected.sum()) / max(deviation, 1e-9)
        name = (
            f"{judged['scored_on'].iloc[0].date()}: expected {expected.sum():.1f}, left {int(judged['churned'].sum())}"
        )
        found.append(("calibration", name, distance, MISCALIBRATED, abs(distance) > MISCALIBRATED))
    return found
