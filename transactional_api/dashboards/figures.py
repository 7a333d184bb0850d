"""The figures of one tenant for the page, out of the published tables. What is not published is left out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from transactional_api.ports import Reader

log = logging.getLogger(__name__)

MOVEMENTS = ("new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "fx_mrr")
BUCKETS = ("current", "d1_30", "d31_60", "d61_90", "d91_120", "d120_plus")

CURRENCY = "select reporting_currency from run.tenants where tenant_id = ?"
REVENUE = f"""
    select month, mrr, arr, customers, new_customers, reactivated_customers, churned_customers, nrr_12m, grr_12m,
        logo_churn_rate, mom_growth, yoy_growth, is_partial, {", ".join(MOVEMENTS)}
    from marts.revenue_metrics where tenant_id = ? order by month
"""
AGEING = f"""
    select as_of, currency, {", ".join(f'"{bucket}"' for bucket in BUCKETS)}, unapplied, dso_countback
    from marts.ar_aging_summary
    where tenant_id = ? and as_of = (select max(as_of) from marts.ar_aging_summary where tenant_id = ?)
    order by currency
"""
FORECAST = """
    select metric, month, value, low_80, high_80, low_95, high_95, model, reason
    from ml.revenue_forecasts where tenant_id = ? and metric = 'mrr' and is_headline order by month
"""

Row = dict[str, Any]


@dataclass
class Figures:
    """Rows as they were published: exact amounts, dates as dates. `currency` is the tenant's reporting currency."""

    meta: dict[str, Any] = field(default_factory=dict)
    currency: str = ""
    revenue: list[Row] = field(default_factory=list)
    ageing: list[Row] = field(default_factory=list)
    forecast: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_published(self) -> bool:
        return bool(self.meta)


def read_figures(reader: Reader | None, tenant_id: str) -> Figures:
    """Always filtered by the tenant; the tenant is a parameter and never part of the text of a query."""
    figures = Figures()
    if reader is None:
        return figures
    tenant = _rows(reader, "run.tenants", CURRENCY, [tenant_id], figures)
    figures.currency = str(tenant[0]["reporting_currency"]) if tenant else ""
    figures.revenue = _rows(reader, "marts.revenue_metrics", REVENUE, [tenant_id], figures)
    figures.ageing = _rows(reader, "marts.ar_aging_summary", AGEING, [tenant_id, tenant_id], figures)
    figures.ageing.sort(key=lambda row: (row["currency"] != figures.currency, row["currency"]))
    figures.forecast = _rows(reader, "ml.revenue_forecasts", FORECAST, [tenant_id], figures)
    return figures


def _rows(reader: Reader, table: str, sql: str, params: Sequence[Any], figures: Figures) -> list[Row]:
    try:
        columns, rows, meta = reader.query(sql, params)
    except LookupError:
        return []
    except Exception as error:  # any engine may stand behind the port; a table that cannot be read costs one chart
        log.warning("%s cannot be shown: %s", table, type(error).__name__)
        figures.missing.append(table)
        return []
    figures.meta = meta
    return [dict(zip(columns, row, strict=True)) for row in rows]
