"""HTML of the few pages. Values are escaped here; scripts and styles come from files of our own."""

import html
import json
from pathlib import Path
from string import Template
from typing import Any

from transactional_api.dashboards.figures import Figures

STATIC = Path(__file__).parent / "static"


def dashboard_page(figures: Figures, tenant_id: str) -> str:
    """The headline in HTML, so that it reads without scripts; the series as JSON, for the charts."""
    return _fill(
        "dashboard.html",
        tenant=html.escape(tenant_id),
        banner=_banner(figures),
        tiles=_tiles(figures),
        charts=_CHARTS if figures.is_published else "",
        figures=_embedded(figures),
    )


def login_page(message: str = "") -> str:
    note = f'<p class="refused" role="alert">{html.escape(message)}</p>' if message else ""
    return _fill("login.html", message=note)


def docs_page() -> str:
    return _fill("docs.html")


def _fill(name: str, **values: str) -> str:
    return Template((STATIC / name).read_text(encoding="utf-8")).substitute(values)


_CHARTS = "".join(
    f'<section class="card"><h2>{title}</h2><div class="chart" id="{name}"></div></section>'
    for name, title in (
        ("mrr", "Monthly recurring revenue"),
        ("movements", "What moved it"),
        ("ageing", "Receivables by age"),
        ("forecast", "Forecast"),
    )
)


def _banner(figures: Figures) -> str:
    if not figures.is_published:
        return (
            '<div class="banner empty">Nothing published yet. Put files in the drop folder or write through the API,'
            " then run <code>revhouse build</code>.</div>"
        )
    meta = {name: html.escape(str(value)) for name, value in figures.meta.items()}
    line = (
        f"Version <b>{meta.get('version', '?')}</b>, as of <b>{meta.get('as_of', '?')}</b>,"
        f" published {meta.get('published_at', '?')}"
    )
    if not figures.meta.get("stale"):
        return f'<div class="banner">{line}</div>'
    reason = meta.get("stale_reason", "") if figures.meta.get("stale_reason") else "the last build failed"
    return f'<div class="banner stale">{line}. <b>Stale:</b> {reason}</div>'


def _tiles(figures: Figures) -> str:
    if not figures.revenue:
        return ""
    last = figures.revenue[-1]
    currency = html.escape(str(figures.forecast[0]["currency"])) if figures.forecast else ""
    month = html.escape(str(last["month"])[:7]) + (" (to date)" if last.get("is_partial") else "")
    tiles = (
        ("MRR", f"{_amount(last['mrr'])} {currency}"),
        ("ARR", f"{_amount(last['arr'])} {currency}"),
        ("Customers", _amount(last["customers"])),
        ("NRR, 12 months", "–" if last["nrr_12m"] is None else f"{last['nrr_12m']:.1%}"),
    )
    return "".join(
        f'<div class="tile"><span>{name}</span><strong>{value}</strong><small>{month}</small></div>'
        for name, value in tiles
    )


def _amount(value: Any) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _embedded(figures: Figures) -> str:
    """JSON inside of HTML: no character of it can end the script element."""
    series = {"revenue": figures.revenue, "ageing": figures.ageing, "forecast": figures.forecast}
    text = json.dumps(series, allow_nan=False, default=str)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
