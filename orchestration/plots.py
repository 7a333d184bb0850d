"""Plots for people who would rather look than read: run metadata in the Dagster UI and the demo's overview picture.

Everything is drawn from the marts of the build at hand; the first tenant by MRR stands for a home with many.
"""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from dagster import AssetKey, MetadataValue

from orchestration.build import Build

INK, GRID = "#1f2937", "#e5e7eb"
COLOURS = {
    "new": "#0f766e",
    "reactivation": "#14b8a6",
    "expansion": "#5eead4",
    "contraction": "#fdba74",
    "churned": "#dc2626",
}
BUCKETS = {
    "current": "#0f766e",
    "d1_30": "#65a30d",
    "d31_60": "#facc15",
    "d61_90": "#fb923c",
    "d91_120": "#ef4444",
    "d120_plus": "#7f1d1d",
}


def new_axes(width: float = 9, height: float = 3.6, count: int = 1) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, count, figsize=(width, height), layout="constrained")
    for axis in axes if count > 1 else [axes]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color=GRID, linewidth=0.8)
        axis.set_axisbelow(True)
        axis.tick_params(colors=INK, labelsize=8)
    return figure, axes


def finish_axis(axis: Any, *, months: bool) -> None:
    """Short month labels, amounts in thousands, nothing below zero cut off."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import EngFormatter

    if months:
        locator = AutoDateLocator(minticks=4, maxticks=8)  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    (axis.yaxis if months else axis.xaxis).set_major_formatter(EngFormatter(sep=""))


def png_of(figure: Any) -> bytes:
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    return buffer.getvalue()


def as_metadata(png: bytes, title: str) -> MetadataValue[Any]:
    return MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def _leading_tenant(connection: duckdb.DuckDBPyConnection) -> tuple[str, str] | None:
    """Tenant and reporting currency with the largest MRR, ties by id; None in an empty home."""
    row = connection.sql(
        """select metrics.tenant_id, tenants.reporting_currency from marts.revenue_metrics as metrics
        inner join run.tenants as tenants on metrics.tenant_id = tenants.tenant_id
        order by metrics.month desc, metrics.mrr desc, metrics.tenant_id limit 1"""
    ).fetchone()
    return (row[0], row[1]) if row else None


def draw_movements(connection: duckdb.DuckDBPyConnection, axis: Any, tenant: str, currency: str) -> None:
    rows = connection.execute(
        """select month, new_mrr, reactivation_mrr, expansion_mrr, -contraction_mrr, -churned_mrr, mrr
        from marts.revenue_metrics where tenant_id = ? order by month""",
        [tenant],
    ).fetchall()
    months = [row[0] for row in rows]
    up, down = [0.0] * len(rows), [0.0] * len(rows)
    for index, (name, colour) in enumerate(COLOURS.items(), start=1):
        heights = [float(row[index]) for row in rows]
        base = up if index <= 3 else down
        axis.bar(months, heights, bottom=base, width=24, color=colour, label=name)
        for at, height in enumerate(heights):
            base[at] += height
    axis.axhline(0, color=INK, linewidth=0.8)
    finish_axis(axis, months=True)
    axis.set_title(f"MRR movements, {currency}", fontsize=10, color=INK, loc="left")
    axis.legend(fontsize=7, frameon=False, ncols=2, loc="upper left")


def draw_mrr(connection: duckdb.DuckDBPyConnection, axis: Any, tenant: str, currency: str) -> None:
    rows = connection.execute(
        "select month, mrr from marts.revenue_metrics where tenant_id = ? order by month", [tenant]
    ).fetchall()
    axis.fill_between([row[0] for row in rows], [float(row[1]) for row in rows], color="#99f6e4", alpha=0.5)
    axis.plot([row[0] for row in rows], [float(row[1]) for row in rows], color="#0f766e", linewidth=1.8)
    finish_axis(axis, months=True)
    axis.set_ylim(bottom=0, auto=True)
    axis.set_title(f"MRR, {currency}", fontsize=10, color=INK, loc="left")


def draw_forecast(connection: duckdb.DuckDBPyConnection, axis: Any, tenant: str, currency: str) -> None:
    draw_mrr(connection, axis, tenant, currency)
    rows = connection.execute(
        """select month, value, low_80, high_80, low_95, high_95, model from ml.revenue_forecasts
        where tenant_id = ? and metric = 'mrr' and is_headline order by month""",
        [tenant],
    ).fetchall()
    if rows:
        months = [row[0] for row in rows]
        for low, high, alpha in ((4, 5, 0.15), (2, 3, 0.3)):
            if all(row[low] is not None for row in rows):
                axis.fill_between(
                    months,
                    [float(r[low]) for r in rows],
                    [float(r[high]) for r in rows],
                    color="#6366f1",
                    alpha=alpha,
                )
        axis.plot(months, [float(row[1]) for row in rows], color="#4338ca", linewidth=1.8, linestyle="--")
        axis.autoscale(axis="y")
        axis.set_ylim(bottom=0)
        axis.set_title(f"MRR and {rows[0][6]} forecast, {currency}", fontsize=10, color=INK, loc="left")


def draw_ageing(connection: duckdb.DuckDBPyConnection, axis: Any, tenant: str, _currency: str) -> None:
    """The newest ageing, a bar for each currency."""
    rows = connection.execute(
        f"""select currency, {", ".join(BUCKETS)} from marts.ar_aging_summary
        where tenant_id = ? and as_of = (select max(as_of) from marts.ar_aging_summary where tenant_id = ?)
        order by total desc, currency""",
        [tenant, tenant],
    ).fetchall()
    for at, row in enumerate(rows):
        left = 0.0
        for (name, colour), value in zip(BUCKETS.items(), row[1:], strict=True):
            label = name.removeprefix("d").replace("_plus", "+").replace("_", "-") if at == 0 else None
            axis.barh(row[0], float(value), left=left, color=colour, label=label)
            left += float(value)
    axis.set_title("Receivables by days past due, each in its currency", fontsize=10, color=INK, loc="left")
    finish_axis(axis, months=False)
    if rows:
        axis.legend(fontsize=7, frameon=False, ncols=3)


def overview(warehouse: Path, picture: Path) -> None:
    """One picture of a published version: MRR with its forecast, its movements, and receivables by age."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        leading = _leading_tenant(connection)
        if leading is None:
            return
        figure, axes = new_axes(15, 4, 3)
        for axis, draw in zip(axes, (draw_forecast, draw_movements, draw_ageing), strict=True):
            draw(connection, axis, *leading)
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(png_of(figure))


MART_PLOTS: dict[str, Callable[[duckdb.DuckDBPyConnection, Any, str, str], None]] = {
    "mrr_movements": draw_movements,
    "revenue_metrics": draw_mrr,
    "ar_aging_summary": draw_ageing,
}


def table_metadata(build: Build) -> dict[AssetKey, dict[str, Any]]:
    """Row counts of every table in the build, and a plot for the marts that have one."""
    with build.connect() as connection:
        tables = connection.sql("select schema_name, table_name, estimated_size from duckdb_tables()").fetchall()
        found: dict[AssetKey, dict[str, Any]] = {
            AssetKey([schema, name]): {"dagster/row_count": rows} for schema, name, rows in tables
        }
        leading = _leading_tenant(connection) if AssetKey(["marts", "revenue_metrics"]) in found else None
        for name, draw in MART_PLOTS.items() if leading else ():
            if (key := AssetKey(["marts", name])) in found:
                figure, axis = new_axes()
                draw(connection, axis, *leading)  # type: ignore[misc]
                found[key]["plot"] = as_metadata(png_of(figure), name)
    return found
