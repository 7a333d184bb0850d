"""`ml.customer_lifetime_values`: what every customer is worth in the months after the as-of date."""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from models_ml.artefacts import Artefacts, Unusable
from models_ml.ltv import contractual, geometric, non_contractual
from models_ml.ltv.contractual import LONGEST, Retention
from models_ml.ltv.economics import Economics, read_economics
from models_ml.ltv.likelihood import NotFitted
from models_ml.ltv.non_contractual import Buying
from models_ml.ltv.spells import Bools
from models_ml.ltv.tables import Contracts, Shoppers, Subject, read_subjects
from models_ml.ltv.training import RULE, Model, model_of
from models_ml.registry import NEVER, Entry, Registry
from models_ml.threads import one_thread

TABLE = """
create schema if not exists ml;
create or replace table ml.customer_lifetime_values (
    tenant_id varchar not null, customer_id varchar not null, currency varchar not null, family varchar not null,
    ltv_12m decimal(28, 4), ltv_36m decimal(28, 4), low decimal(28, 4), high decimal(28, 4),
    low_12m decimal(28, 4), high_12m decimal(28, 4), value_segment varchar, probability_alive double,
    survival_12m double, expected_purchases_12m double, mrr decimal(28, 4), gross_margin double,
    discount_rate double not null, formula_ltv decimal(28, 4), is_formula_ltv_capped boolean,
    cac decimal(28, 4), cac_payback_months double, cac_reason varchar,
    model varchar not null, model_version varchar, reason varchar not null
);
"""

NUMBERS = (
    "ltv_12m", "ltv_36m", "low", "high", "low_12m", "high_12m", "probability_alive", "survival_12m",
    "expected_purchases_12m", "mrr", "gross_margin",
)  # fmt: skip

INSERT = """
insert into ml.customer_lifetime_values by name
with
    scored as (
        select * from lifetime_scored
        union all by name
        select tenant_id, customer_id, currency, family, 'none' as model, case
                when family = 'contractual' then 'no recurring revenue so far' else 'nothing was bought for money'
            end as reason
        from ml.lifetime_features
        where (family = 'contractual' and spell_no = 0) or frequency < 0
    )

select
    s.tenant_id,
    s.customer_id,
    s.currency,
    s.family,
    s.ltv_12m::decimal(28, 4) as ltv_12m,
    s.ltv_36m::decimal(28, 4) as ltv_36m,
    s.low::decimal(28, 4) as low,
    s.high::decimal(28, 4) as high,
    s.low_12m::decimal(28, 4) as low_12m,
    s.high_12m::decimal(28, 4) as high_12m,
    case
        when s.ltv_36m is null then null
        when s.ltv_36m <= 0 then 'none'
        when percent_rank() over worth < 0.2 then 'high'
        when percent_rank() over worth < 0.5 then 'medium'
        else 'low'
    end as value_segment,
    s.probability_alive,
    s.survival_12m,
    s.expected_purchases_12m,
    s.mrr::decimal(28, 4) as mrr,
    s.gross_margin,
    e.discount_rate,
    case
        when e.opening_customers > 0
        then s.mrr * s.gross_margin * least(e.opening_customers / nullif(e.churned_customers, 0), 60)
    end::decimal(28, 4) as formula_ltv,
    case when s.mrr > 0 and e.opening_customers > 0 then e.churned_customers * 60 < e.opening_customers end
    as is_formula_ltv_capped,
    case when s.currency = e.reporting_currency then e.cac end::decimal(28, 4) as cac,
    case when s.family = 'contractual' then e.cac_payback_months end as cac_payback_months,
    case
        when e.cac_reason is not null then e.cac_reason
        when s.currency <> e.reporting_currency then 'CAC is known in ' || e.reporting_currency
    end as cac_reason,
    s.model,
    s.model_version,
    s.reason
from scored as s
inner join lifetime_economics as e on s.tenant_id = e.tenant_id
window worth as (
    partition by s.tenant_id, s.family, s.currency, coalesce(s.ltv_36m > 0, false) order by s.ltv_36m desc
)
order by s.tenant_id, s.customer_id
"""


@dataclass(frozen=True)
class Used:
    """The model that scores a subject, None for the plain rule, with its version and why it is this one."""

    model: Model | None
    version: str | None
    reason: str


@one_thread()
def write_values(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> int:
    """Scores the customers of every tenant with the champion of its as-of date. Returns how many rows were written."""
    connection.execute(TABLE)
    economics = read_economics(connection)
    parts = [
        score(subject, used(subject, registry, artefacts), economics[subject.tenant_id])
        for subject in read_subjects(connection)
    ]
    _register(connection, parts)
    connection.execute(INSERT)
    connection.unregister("lifetime_scored")
    return int(connection.execute("select count(*) from ml.customer_lifetime_values").fetchall()[0][0])


def used(subject: Subject, registry: Registry, artefacts: Artefacts) -> Used:
    """The champion, or why there is none that can be used."""
    champion = registry.champion(subject.as_of, subject.tenant_id, subject.subject)
    if champion is None or champion.hash is None:
        return Used(None, None, _why_none(subject, registry))
    try:
        model = model_of(artefacts.load(champion.hash), subject)
    except Unusable as error:
        return Used(None, None, str(error))
    return Used(model, champion.model_version, champion.reason)


def _why_none(subject: Subject, registry: Registry) -> str:
    decisions: list[Entry] = registry.until(subject.as_of, subject.tenant_id, subject.subject)
    if decisions:
        return decisions[-1].reason
    return NEVER if not registry.training.allowed else "no model was trained yet"


def score(subject: Subject, by: Used, economics: Economics) -> dict[str, Any]:
    """Columns of the scored rows of one subject; a number that nobody knows is NaN."""
    if isinstance(subject, Contracts):
        columns = _score_contracts(subject, by, economics)
    else:
        columns = _score_shoppers(subject, by, economics)
    size = len(columns["customer_id"])
    same = {"tenant_id": subject.tenant_id, "family": subject.family, "model_version": by.version}
    for name, value in same.items():
        columns[name] = np.full(size, value, dtype=object)
    for name in NUMBERS:
        columns.setdefault(name, np.full(size, np.nan))
    return columns


def _score_contracts(subject: Contracts, by: Used, economics: Economics) -> dict[str, Any]:
    newest = subject.is_newest
    customers = subject.spells.where(newest)
    active, paused = subject.is_active[newest], subject.is_paused[newest]
    model, reason = by.model, by.reason
    assert model is None or isinstance(model, Retention)
    if model is None:
        try:
            model = geometric.fit(subject.spells.after(subject.at_origin - 6))
            reason = f"{by.reason}; everybody leaves at the rate of the last 12 full months, {model.chance:.4f} a month"
        except NotFitted as error:
            reason = f"{by.reason}; {error}"
    mrr = np.where(active, subject.mrr[newest], 0.0)
    columns: dict[str, Any] = {"customer_id": subject.customer_ids[newest], "mrr": mrr}
    columns["currency"] = np.full(len(customers), subject.currency, dtype=object)
    columns["gross_margin"] = np.full(len(customers), economics.gross_margin)
    if model is not None:
        worth = contractual.worth(
            model.leaving(customers, LONGEST), mrr * economics.gross_margin, economics.discount_rate
        )
        columns |= {"ltv_12m": worth.ltv_12m, "ltv_36m": worth.ltv_36m}
        columns["survival_12m"] = np.where(active, worth.staying_12m, 0.0)
        bounds = {"low": worth.low_36m, "high": worth.high_36m, "low_12m": worth.low_12m, "high_12m": worth.high_12m}
        is_bounded = ~active | (by.model is not None)  # nothing is uncertain of those who left
        columns |= {name: np.where(is_bounded, values, np.nan) for name, values in bounds.items()}
    columns["probability_alive"] = active.astype(np.float64)
    _forget(columns, paused)
    return columns | _told(by, active, paused, reason)


def _score_shoppers(subject: Shoppers, by: Used, economics: Economics) -> dict[str, Any]:
    buyers, size = subject.now, len(subject.now)
    margin = economics.sales_margin.get(subject.currency, economics.set_margin)
    columns: dict[str, Any] = {"customer_id": subject.customer_ids}
    columns["currency"] = np.full(size, subject.currency, dtype=object)
    columns["gross_margin"] = np.full(size, margin)
    model, reason = by.model, by.reason
    assert model is None or isinstance(model, Buying)
    if model is None:
        try:
            model = non_contractual.own_rate(buyers, subject.kept)
            reason = f"{by.reason}; everybody buys on as often as so far"
        except NotFitted as error:
            reason = f"{by.reason}; {error}"
    known = np.ones(size, dtype=bool)
    if model is not None:
        worth = non_contractual.worth(model, buyers, margin, economics.discount_rate)
        columns |= {"ltv_12m": worth.ltv_12m, "ltv_36m": worth.ltv_36m}
        columns["expected_purchases_12m"] = worth.purchases_12m
        if worth.alive is not None:
            columns |= {"low": worth.low_36m, "high": worth.high_36m, "probability_alive": worth.alive}
            columns |= {"low_12m": worth.low_12m, "high_12m": worth.high_12m}
        else:
            known = buyers.frequency > 0
            _forget(columns, ~known)
    told = np.where(known, reason, f"{reason}; bought once, which is no rate")
    return columns | {"model": np.full(size, _name(by), dtype=object), "reason": told.astype(object)}


def _told(by: Used, active: Bools, paused: Bools, reason: str) -> dict[str, Any]:
    """The model and the reason of each customer under contract."""
    reasons = np.select([active, paused], [reason, "paused: nobody knows until when"], "left: no recurring revenue now")
    return {"model": np.where(active, _name(by), "none").astype(object), "reason": reasons.astype(object)}


def _name(by: Used) -> str:
    return by.model.name if by.model is not None else RULE


def _forget(columns: dict[str, Any], rows: Bools) -> None:
    """What is not known of these customers is no number."""
    for name in NUMBERS:
        if name in columns and name not in ("gross_margin", "mrr"):
            columns[name] = np.where(rows, np.nan, columns[name])


def _register(connection: duckdb.DuckDBPyConnection, parts: list[dict[str, Any]]) -> None:
    """The scored rows as the relation `lifetime_scored`."""
    import pyarrow as pa

    texts = ("tenant_id", "customer_id", "currency", "family", "model", "model_version", "reason")
    fields = [(name, pa.string()) for name in texts] + [(name, pa.float64()) for name in NUMBERS]
    arrays = [
        pa.array(np.concatenate([part[name] for part in parts]) if parts else [], type=of, from_pandas=True)
        for name, of in fields
    ]
    connection.register("lifetime_scored", pa.table(arrays, names=[name for name, _ in fields]))
