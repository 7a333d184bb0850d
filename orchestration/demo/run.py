"""`revhouse demo`: a generated company through the core's own services and CSV drops, the pipeline, its figures."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingestion.csv import copy_into_drop
from orchestration import plots, progress
from orchestration.demo.company import invent_company
from orchestration.demo.engagement import add_engagement
from orchestration.demo.write import split_company, write_company_csv, write_core
from orchestration.publish import Pointer, Warehouse
from orchestration.reader import published
from orchestration.rows import as_table
from orchestration.runner import run_build
from orchestration.settings import Settings

TENANT = "demo"
AS_OF = date(2026, 10, 31)

HEADLINE = """
select
    round(mrr, 2) as mrr, round(arr, 2) as arr, customers, round(100 * nrr_12m, 1) as nrr_12m_percent,
    round(100 * grr_12m, 1) as grr_12m_percent, round(100 * logo_churn_rate, 2) as logo_churn_percent,
    round(quick_ratio, 2) as quick_ratio, round(arpa, 2) as arpa
from marts.revenue_metrics where tenant_id = ? order by month desc limit 1
"""
MOVEMENTS = """
select
    strftime(month, '%Y-%m') || case when is_partial then '*' else '' end as month,
    round(opening_mrr, 2) as opening, round(new_mrr, 2) as new, round(reactivation_mrr, 2) as reactivation,
    round(expansion_mrr, 2) as expansion, round(-contraction_mrr, 2) as contraction, round(-churned_mrr, 2) as churned,
    round(fx_mrr, 2) as fx, round(mrr, 2) as closing
from marts.revenue_metrics where tenant_id = ? order by revenue_metrics.month desc limit 6
"""
AGEING = """
select currency, round(current, 2) as current, round(d1_30, 2) as "1-30", round(d31_60, 2) as "31-60",
    round(d61_90, 2) as "61-90", round(d91_120, 2) as "91-120", round(d120_plus, 2) as "120+",
    round(unapplied, 2) as unapplied, round(total, 2) as total, round(dso_countback, 1) as dso
from marts.ar_aging_summary
where tenant_id = ? and as_of = (select max(as_of) from marts.ar_aging_summary where tenant_id = ?)
order by currency
"""
FORECAST = """
select strftime(month, '%Y-%m') as month, round(value, 2) as mrr, round(low_80, 2) as low_80,
    round(high_80, 2) as high_80, round(low_95, 2) as low_95, round(high_95, 2) as high_95, model
from ml.revenue_forecasts where tenant_id = ? and metric = 'mrr' and is_headline
order by revenue_forecasts.month limit 3
"""
AT_RISK = """
select customer_id, round(100 * probability, 1) as leaves_percent, risk_level, round(mrr, 2) as mrr,
    round(expected_mrr_at_risk, 2) as at_risk,
    list_filter(
        from_json(reasons, '[{"says": "varchar", "effect": "varchar"}]'), lambda r: r.effect = 'raises the risk'
    )[1].says as first_reason
from ml.churn_predictions where tenant_id = ? order by expected_mrr_at_risk desc, customer_id limit 3
"""


@dataclass
class Report:
    """What the demo prints: tables by title, in order, and where to look next."""

    failure: str | None = None
    pointer: Pointer | None = None
    tables: list[tuple[str, Table]] = field(default_factory=list)
    picture: Path | None = None

    def print(self, out: Console) -> None:
        for title, table in self.tables:
            out.print(f"\n[bold]{title}[/]")
            out.print(table)
        assert self.pointer is not None
        out.print(
            f"\nPublished version {self.pointer.version}, as of {self.pointer.as_of}. A picture of it: {self.picture}"
        )
        out.print("\n[bold]Where to look next[/]")
        for command, why in NEXT_STEPS:
            out.print(f"  {command:<94}{why}", markup=False, highlight=False)


NEXT_STEPS = (
    (
        '.venv/bin/revhouse sql "select month, customer_id, churned_mrr from marts.mrr_movements limit 9"',
        "who left, and what they paid",
    ),
    (
        ".venv/bin/revhouse sql \"from marts.ar_aging_as_of(date '2026-06-15') limit 5\"",
        "receivables on any past day",
    ),
    ('.venv/bin/revhouse sql "from ops.ingest_receipts"', "what came in, and what did not"),
    (".venv/bin/revhouse drop your-export.csv", "your own data"),
    ("make dev", "the Dagster UI and the dashboard"),
)


def run_demo(settings: Settings, seed: int) -> Report:
    """Writes the company (once per home: the second time everything is there already), builds and reads back."""
    pin_tenant(settings.home / "tenants.toml")
    company = invent_company(seed, as_of=AS_OF)
    add_engagement(company, seed)
    through_core, dropped = split_company(company)
    progress.report("core", "writing customers, subscriptions, deals, invoices and payments")
    write_core(through_core, settings, TENANT)
    progress.report("files", "dropping CSV exports")
    with tempfile.TemporaryDirectory() as folder:
        write_company_csv(dropped, Path(folder))
        copy_into_drop(settings.home, [Path(folder)], TENANT)
    outcome = run_build(settings)
    if outcome.failure:
        return Report(failure=outcome.failure)
    return read_report(settings, outcome.pointer)


def pin_tenant(path: Path) -> None:
    """The demo company's facts end on a fixed day, so its figures are as of that day whenever a build runs."""
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    if f"[tenant.{TENANT}]" not in known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{known}\n[tenant.{TENANT}]\nas_of = {AS_OF}\n".lstrip(), encoding="utf-8")


def read_report(settings: Settings, pointer: Pointer | None) -> Report:
    assert pointer is not None
    report = Report(pointer=pointer)
    with published(settings, pointer.version, live=False) as (connection, _):

        def table(title: str, query: str, *parameters: Any) -> None:
            found = connection.execute(query, list(parameters))
            columns = [entry[0] for entry in found.description or ()]
            types = [str(entry[1]) for entry in found.description or ()]
            report.tables.append((title, as_table(columns, types, found.fetchall())))

        table(f"Headline, USD, as of {pointer.as_of}", HEADLINE, TENANT)
        table("MRR movements, USD, newest months (* not over)", MOVEMENTS, TENANT)
        table(f"Receivables by days past due on {pointer.as_of}", AGEING, TENANT, TENANT)
        table("MRR forecast, USD", FORECAST, TENANT)
        table("Most MRR at risk within three months, USD", AT_RISK, TENANT)
    report.picture = settings.home / "demo" / f"overview-{pointer.version}.png"
    plots.overview(Warehouse(settings.warehouse).path_of(pointer.version), report.picture)
    return report
