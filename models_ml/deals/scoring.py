"""From `ml.deal_win_features` and the models in use to `ml.deal_scores`, one row per open deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from models_ml.artefacts import Artefacts
from models_ml.classifier.drift import FEWEST_ROWS, stability
from models_ml.classifier.explain import Explanation, explain
from models_ml.classifier.fitted import expit
from models_ml.classifier.lifecycle import days_of_tenants, model_of
from models_ml.classifier.words import reasons
from models_ml.deals.closing import FEWEST_CLOSINGS, Survival, survival
from models_ml.deals.features import COLUMNS
from models_ml.registry import Entry, Registry
from models_ml.rows import insert

if TYPE_CHECKING:
    import pandas as pd

STAGE_RATE = "stage_win_rate"
FEWEST_CLOSED = 20
"""Closed deals from which a win rate is taken; with fewer the seed's probability of the stage stands."""

WORDS: Mapping[str, tuple[str, str]] = {
    "age_days": ("days since creation", "count"),
    "days_in_stage": ("days in the stage", "count"),
    "stages_passed": ("stages so far", "count"),
    "days_to_touch": ("days until the first touch", "count"),
    "owner_win_rate": ("the owner's win rate so far", "share"),
    "owner_open_deals": ("open deals of the owner", "count"),
    "days_to_quarter_end": ("days until the quarter ends", "count"),
    "amount_number": ("amount", "amount"),
    "discount_percent": ("discount in percent", "count"),
    "payment_terms_days": ("days to pay", "count"),
    "stage": ("stage", "text"),
    "owner": ("owner", "text"),
    "channel": ("channel", "text"),
    "product": ("product", "text"),
    "risk": ("risk", "text"),
    "competitor": ("competitor", "text"),
}

TABLES = """
create schema if not exists ml;
create or replace table ml.deal_scores (
    tenant_id varchar not null, deal_id varchar not null, scored_on date not null, stage varchar, score double,
    reasons varchar not null, amount decimal(28, 4), currency varchar, weighted_amount decimal(28, 4),
    expected_close_on date, model varchar not null, model_version varchar, reason varchar
);
create schema if not exists marts;
create or replace view marts.deal_scores as from ml.deal_scores;
"""


@dataclass(frozen=True)
class Scored:
    """What an asset tells of a run; explanations are of the tenants with a model, by tenant."""

    deals: int = 0
    models: Mapping[str, str] = field(default_factory=dict)
    explained: Mapping[str, Explanation] = field(default_factory=dict)
    beyond: Sequence[str] = ()
    """Columns in which open deals have moved from those learned from, with tenant and index."""


@dataclass(frozen=True)
class _Told:
    """What a model or the plain rule says of a deal; `reasons` is JSON."""

    score: float | None
    reasons: str
    model: str
    model_version: str | None
    reason: str | None


@dataclass(frozen=True)
class _Deal:
    """`stage` is that of the history, else the one that the deal's row names today."""

    deal_id: str
    stage: str | None
    amount: Decimal | None
    currency: str | None
    days_in_stage: float | None
    age_days: float | None


@dataclass(frozen=True)
class _Plain:
    """A tenant's win rates: of all closed deals, of those that once stood in a stage, and the seed's of a stage."""

    overall: float | None
    of_stage: Mapping[str, float]
    of_seed: Mapping[str, float]

    def of(self, stage: str | None, why_not: str) -> _Told:
        score = self.of_stage.get(stage or "")
        which = f"the win rate of closed deals that stood in {stage}"
        if score is None:
            score, which = self.overall, "the win rate of all closed deals"
        if score is None:
            score, which = self.of_seed.get(_key(stage), self.of_seed.get("*")), "the seed's chance of the stage"
        return _Told(score, "[]", STAGE_RATE, None, f"{why_not}; {which} is shown")


def write_scores(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> Scored:
    """Scores every deal that is open on its tenant's as-of date. The table exists, empty, where none is."""
    connection.execute(TABLES)
    frame = connection.execute("from ml.deal_win_features order by tenant_id, deal_id").df()
    of = {str(tenant): rows for tenant, rows in frame.groupby("tenant_id", sort=True)}
    deals, plain, left = _deals(connection), _win_rates(connection), _survivals(connection)
    as_of = days_of_tenants(connection)
    models: dict[str, str] = {}
    explained: dict[str, Explanation] = {}
    beyond: list[str] = []
    scored: list[tuple[Any, ...]] = []
    for tenant, rows in of.items():
        model = model_of(registry, tenant, as_of[tenant], artefacts, COLUMNS)
        if isinstance(model, str):
            models[tenant] = model
            told = [plain[tenant].of(deal.stage, model) for deal in deals[tenant]]
        else:
            fitted, entry = model
            models[tenant] = entry.model_version
            explained[tenant] = explain(fitted, rows)
            told = _told(rows, explained[tenant], entry)
            if len(rows) >= FEWEST_ROWS:
                moved = stability(fitted.profile, rows).items()
                beyond += [f"{tenant}: {name} {value:.2f}" for name, (value, most) in moved if value > most]
        scored += _rows(tenant, as_of[tenant], deals[tenant], told, left.get(tenant, {}))
    insert(connection, "ml.deal_scores", scored)
    return Scored(len(frame), models, explained, beyond)


def _deals(connection: duckdb.DuckDBPyConnection) -> dict[str, list[_Deal]]:
    """By tenant, in the order of the features; amounts exact."""
    rows = connection.execute(
        """select
            tenant_id, deal_id, coalesce(nullif(stage, '(none)'), stage_today), amount, currency,
            days_in_stage, age_days
        from ml.deal_win_features
        order by tenant_id, deal_id"""
    ).fetchall()
    found: dict[str, list[_Deal]] = {}
    for tenant, *deal in rows:
        found.setdefault(tenant, []).append(_Deal(*deal))
    return found


def _told(rows: pd.DataFrame, explanation: Explanation, entry: Entry) -> list[_Told]:
    values = rows[list(explanation.columns)].astype(object).to_numpy().tolist()
    why, _ = reasons(explanation, values, ("speaks for winning", "speaks against"), WORDS)
    scores = expit(explanation.log_odds).tolist()
    return [
        _Told(score, own, entry.algorithm, entry.model_version, entry.reason)
        for score, own in zip(scores, why, strict=True)
    ]


def _rows(
    tenant: str, day: date, deals: Sequence[_Deal], told: Sequence[_Told], left: Mapping[str | None, Survival]
) -> list[tuple[Any, ...]]:
    made = []
    for deal, said in zip(deals, told, strict=True):
        weighted = None
        if deal.amount is not None and said.score is not None:
            weighted = (deal.amount * Decimal(repr(said.score))).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        made.append(
            (
                tenant,
                deal.deal_id,
                day,
                deal.stage,
                said.score,
                said.reasons,
                deal.amount,
                deal.currency,
                weighted,
                _closes_on(day, deal, left),
                said.model,
                said.model_version,
                said.reason,
            )
        )
    return made


def _closes_on(day: date, deal: _Deal, left: Mapping[str | None, Survival]) -> date | None:
    """From the stage's own deals where enough have closed, else from all by age; None where neither says."""
    for curve, after in ((left.get(deal.stage), deal.days_in_stage), (left.get(None), deal.age_days)):
        if curve is not None and curve.closings >= FEWEST_CLOSINGS and after is not None:
            days = curve.median_left(after)
            if days is not None:
                return day + timedelta(days=days)
    return None


def _key(stage: str | None) -> str:
    return "".join(letter for letter in (stage or "").lower() if letter.isascii() and letter.isalnum())


def _win_rates(connection: duckdb.DuckDBPyConnection) -> dict[str, _Plain]:
    seed = {
        key: float(probability)
        for key, probability in connection.execute(
            "select stage_key, probability from staging.deal_stage_kinds where kind = 'open' order by all"
        ).fetchall()
    }
    closed = """
    select d.tenant_id, d.deal_id, d.outcome = 'won' as is_won
    from intermediate.int_pipeline__deals_dated as d
    inner join run.tenants as t using (tenant_id)
    where d.ended_on <= t.as_of
    """
    overall = connection.execute(
        f"select tenant_id, count(*) filter (where is_won), count(*) from ({closed}) group by all"
    ).fetchall()
    of_stage: dict[str, dict[str, float]] = {}
    for tenant, stage, won, count in connection.execute(
        f"""select tenant_id, stage, count(distinct deal_id) filter (where is_won), count(distinct deal_id)
        from ({closed}) inner join intermediate.int_pipeline__deal_stages_unioned as s using (tenant_id, deal_id)
        group by all order by all"""
    ).fetchall():
        if count >= FEWEST_CLOSED:
            of_stage.setdefault(tenant, {})[stage] = won / count
    rates = {tenant: won / count for tenant, won, count in overall if count >= FEWEST_CLOSED}
    tenants = [row[0] for row in connection.execute("select tenant_id from run.tenants").fetchall()]
    return {one: _Plain(rates.get(one), of_stage.get(one, {}), seed) for one in tenants}


def _survivals(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str | None, Survival]]:
    """By tenant: how long deals stay open after they entered a stage, and (None) after they were created."""
    rows = connection.execute(
        """
        with deals as (
            select
                d.tenant_id, d.deal_id, d.created_on, t.time_zone,
                least(coalesce(d.ended_on, t.as_of), t.as_of) as until,
                coalesce(d.ended_on <= t.as_of, false) as is_closed
            from intermediate.int_pipeline__deals_dated as d
            inner join run.tenants as t using (tenant_id)
            where d.outcome = 'open' or d.ended_on is not null
        )
        select d.tenant_id, null as stage, d.until - d.created_on, d.is_closed from deals as d
        where d.created_on <= d.until
        union all
        select
            d.tenant_id, s.stage,
            d.until - min(timezone(d.time_zone, timezone('UTC', s.entered_at))::date) as days, d.is_closed
        from deals as d
        inner join intermediate.int_pipeline__deal_stages_unioned as s using (tenant_id, deal_id)
        group by d.tenant_id, d.deal_id, s.stage, d.until, d.is_closed
        having days >= 0
        order by all
        """
    ).fetchall()
    of: dict[tuple[str, str | None], list[tuple[int, bool]]] = {}
    for tenant, stage, days, is_closed in rows:
        of.setdefault((tenant, stage), []).append((days, is_closed))
    found: dict[str, dict[str | None, Survival]] = {}
    for (tenant, stage), seen in of.items():
        if sum(is_closed for _, is_closed in seen) >= FEWEST_CLOSINGS:
            days = np.array([day for day, _ in seen], dtype=np.float64)
            closed = np.array([is_closed for _, is_closed in seen], dtype=np.float64)
            found.setdefault(tenant, {})[stage] = survival(days, closed)
    return found
