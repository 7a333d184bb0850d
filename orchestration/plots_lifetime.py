"""Plots of lifetime value: how long customers stay beside what the models say, and whom the value is with."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from dagster import MetadataValue

from models_ml.ltv.spells import Spells
from models_ml.ltv.tables import Contracts
from models_ml.ltv.training import Trained
from orchestration.plots import GRID, INK, as_metadata, new_axes, png_of

FEWEST = 10
"""A curve ends where fewer customers were asked: a step of it would be one or two of them."""
SHARES = {"high": "#0f766e", "medium": "#14b8a6", "low": "#99f6e4", "none": GRID}


def survival_curve(trained: Sequence[Trained]) -> MetadataValue[Any]:
    """Kaplan-Meier of the tenant with the most customers under contract, beside every candidate's mean curve."""
    curves = [one for one in trained if isinstance(one.subject, Contracts) and one.models]
    if not curves:
        return MetadataValue.text("nothing was trained on customers under contract")
    one = max(curves, key=lambda each: len(each.subject.customer_ids))
    assert isinstance(one.subject, Contracts)
    figure, axis = new_axes()
    asked, _ = one.subject.spells.by_tenure()
    seen = one.subject.spells.kaplan_meier()[: 1 + int(np.sum(asked >= FEWEST))]
    axis.step(range(len(seen)), 100 * seen, where="post", color=INK, linewidth=1.8, label="seen (Kaplan-Meier)")
    begin = np.zeros(len(one.subject.spells))
    new = Spells(begin, begin, begin > 0, one.subject.spells.covariates)
    for model, colour in zip(one.models, ("#fb923c", "#6366f1", "#0f766e"), strict=False):
        staying = np.cumprod(1.0 - model.leaving(new, len(seen) - 1), axis=1).mean(axis=0)  # type: ignore[union-attr]
        axis.plot(range(len(seen)), 100 * np.append(1.0, staying), color=colour, linestyle="--", label=model.name)
    axis.set_ylim(0, 102)
    axis.set_xlabel("months since the first month-end with MRR", fontsize=8, color=INK)
    axis.set_title(f"{one.subject.tenant_id}: customers still there, %", fontsize=10, color=INK, loc="left")
    axis.legend(fontsize=7, frameon=False)
    return as_metadata(png_of(figure), "survival curve")


def value_distribution(connection: duckdb.DuckDBPyConnection) -> MetadataValue[Any]:
    """Customers and their value by segment, and the value of 36 months of each customer, for the largest tenant."""
    rows = connection.execute(
        """with
            sizes as (
                select tenant_id, family, currency, count(*) as customers
                from ml.customer_lifetime_values where ltv_36m is not null group by all
            ),
            largest as (select * from sizes order by customers desc, tenant_id, family, currency limit 1)
        select v.tenant_id, v.family, v.currency, v.value_segment, v.ltv_36m::double
        from ml.customer_lifetime_values as v inner join largest using (tenant_id, family, currency)
        where v.ltv_36m is not null order by v.ltv_36m desc, v.customer_id"""
    ).fetchall()
    if not rows:
        return MetadataValue.text("no customer has a value")
    figure, (left, right) = new_axes(11, 3.6, 2)
    for at, (segment, colour) in enumerate(SHARES.items()):
        values = [row[4] for row in rows if row[3] == segment]
        whole = sum(row[4] for row in rows) or 1.0
        heights = 100 * len(values) / len(rows), 100 * sum(values) / whole
        left.bar([at - 0.2, at + 0.2], heights, width=0.36, color=[GRID if segment == "none" else "#cbd5e1", colour])
    left.set_xticks(range(len(SHARES)), list(SHARES))
    left.set_title("% of customers (grey) and of value, by segment", fontsize=10, color=INK, loc="left")
    positive = [row[4] for row in rows if row[4] > 0]
    if positive:
        right.hist(np.log10(positive), bins=min(40, 1 + len(positive) // 4), color="#0f766e")
    right.set_xlabel("value of 36 months, as a power of ten", fontsize=8, color=INK)
    right.set_title(f"{rows[0][0]}: customers by value, {rows[0][2]}", fontsize=10, color=INK, loc="left")
    return as_metadata(png_of(figure), "value of customers")
