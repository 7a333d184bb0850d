"""HTML of the few pages. Values are escaped here; scripts and styles come from files of our own."""

import html
import json
from pathlib import Path
from string import Template
from typing import Any

from transactional_api.dashboards import written
from transactional_api.dashboards.figures import BUCKETS, Figures, Row

STATIC = Path(__file__).parent / "static"


def dashboard_page(figures: Figures, tenant_id: str) -> str:
    """The headline in HTML, so that it reads without scripts; the series as JSON, for the charts."""
    return _fill(
        "dashboard.html",
        tenant=html.escape(tenant_id),
        banner=_banner(figures),
        tiles=_headline(figures),
        charts=_charts(figures),
        figures=_embedded(figures),
    )


def login_page(message: str = "", login: str = "", asks_for_new: bool = False) -> str:
    """`asks_for_new`: the password that was shown is a one-time one, and its holder sets one of their own here."""
    note = f'<p class="refused" role="alert">{html.escape(message)}</p>' if message else ""
    new = '<label for="new_password">Your own password, at least 12 characters</label>' + (
        '<input id="new_password" name="new_password" type="password" autocomplete="new-password"'
        ' minlength="12" maxlength="200" required>'
    )
    return _fill(
        "login.html",
        message=note,
        login=html.escape(login),
        password_label="One-time password" if asks_for_new else "Password",
        new_password=new if asks_for_new else "",
    )


def docs_page() -> str:
    return _fill("docs.html")


def _fill(name: str, **values: str) -> str:
    return Template((STATIC / name).read_text(encoding="utf-8")).substitute(values)


def _banner(figures: Figures) -> str:
    if not figures.is_published:
        return (
            '<div class="banner empty">Nothing published yet. Put files in the drop folder or write through the API,'
            " then run <code>revhouse build</code>.</div>"
        )
    meta = figures.meta
    line = (
        f"<span>As of <b>{written.day(meta.get('as_of', '?'))}</b></span>"
        f"<span>Version <b>{html.escape(str(meta.get('version', '?')))}</b></span>"
        f"<span>Published {written.instant(meta.get('published_at', '?'))}</span>"
    )
    banner = f'<div class="banner">{line}</div>'
    if meta.get("stale"):
        failed = f" on {written.instant(meta['failed_at'])}" if meta.get("failed_at") else ""
        reason = html.escape(str(meta.get("stale_reason") or "no reason was recorded"))
        banner += (
            f'<div class="banner stale" role="alert"><b>Stale.</b> The last build failed{failed};'
            f" these are the figures of the version before it.<p>{reason}</p></div>"
        )
    return banner


def _headline(figures: Figures) -> str:
    """The newest month: its figures, each with what it is compared to."""
    if not figures.revenue:
        return ""
    last = figures.revenue[-1]
    currency = f" <abbr>{html.escape(figures.currency)}</abbr>" if figures.currency else ""
    tiles = (
        (f"MRR{currency}", written.amount(last["mrr"]), _change(last.get("mom_growth"), "on the month before")),
        (f"ARR{currency}", written.amount(last["arr"]), _change(last.get("yoy_growth"), "on a year before")),
        ("Customers", written.amount(last["customers"]), _comings_and_goings(last)),
        ("Net retention", written.share(last["nrr_12m"]), "of MRR, over 12 months"),
        ("Gross retention", written.share(last.get("grr_12m")), "of MRR, over 12 months"),
        ("Customer churn", written.share(last.get("logo_churn_rate")), "in the month"),
    )
    partial = " <small>to date</small>" if last.get("is_partial") else ""
    shown = "".join(
        f'<div class="tile"><span>{name}</span><strong>{value}</strong><small>{note}</small></div>'
        for name, value, note in tiles
    )
    return f'<h2 class="period">{written.month(last["month"])}{partial}</h2><div class="tiles">{shown}</div>'


def _change(rate: Any, since: str) -> str:
    if rate is None:
        return f"{written.NOTHING} {since}"
    direction, sign = ("down", "") if rate < 0 else ("up", "+")
    return f'<b class="{direction}">{sign}{written.share(rate)}</b> {since}'


def _comings_and_goings(row: Row) -> str:
    come = (row.get("new_customers") or 0) + (row.get("reactivated_customers") or 0)
    return f"{come:,} won, {row.get('churned_customers') or 0:,} lost in the month"


def _charts(figures: Figures) -> str:
    if not figures.is_published:
        return ""
    currency = html.escape(figures.currency) or "Reporting currency"
    aged_on = written.day(figures.ageing[0]["as_of"]) if figures.ageing else "the last day"
    cards = (
        ("mrr", "Monthly recurring revenue", f"{currency}, at the end of each month", ""),
        ("movements", "What moved it", f"{currency} a month; gains above zero, losses below", ""),
        (
            "ageing",
            "Receivables by age",
            f"Share of what is outstanding on {aged_on}, by days past due",
            _ageing_table(figures.ageing),
        ),
        ("forecast", "MRR forecast", f"{currency}, {_ranges(figures.forecast)}", _forecast_note(figures.forecast)),
    )
    return "".join(
        f'<section class="card"><h2>{title}</h2><p>{what}</p><ul class="legend" id="{name}-legend"></ul>'
        f'<div class="chart" id="{name}" role="img" aria-label="{title}"></div>{below}</section>'
        for name, title, what, below in cards
    )


def _ageing_table(rows: list[Row]) -> str:
    """Every currency in its own money: what is owed, what of it is late, and what was paid and not assigned."""
    if not rows:
        return ""
    heads = ("", "Outstanding", "Past due", "Over 90 days", "Unapplied", "DSO")
    body = ""
    for row in rows:
        aged = [row.get(bucket) or 0 for bucket in BUCKETS]
        cells = (sum(aged), sum(aged[1:]), sum(aged[4:]), row.get("unapplied") or 0)
        amounts = "".join(f"<td>{written.amount(cell)}</td>" for cell in cells)
        body += f"<tr><th>{html.escape(str(row['currency']))}</th>{amounts}"
        body += f"<td>{written.days(row.get('dso_countback'))}</td></tr>"
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _ranges(rows: list[Row]) -> str:
    """A model that was tried too seldom on the past has no range that could be believed."""
    is_ranged = any(row.get("low_80") is not None for row in rows)
    return "with the ranges of 80% and 95%" if is_ranged else "without ranges: the past is too short to tell them"


def _forecast_note(rows: list[Row]) -> str:
    reason = next((row["reason"] for row in rows if row.get("reason")), None)
    return f'<p class="note">Chosen: {html.escape(str(reason))}.</p>' if reason else ""


def _embedded(figures: Figures) -> str:
    """JSON inside of HTML: no character of it can end the script element."""
    series = {"revenue": figures.revenue, "ageing": figures.ageing, "forecast": figures.forecast}
    shown = {
        name: [{column: written.for_charts(value) for column, value in row.items()} for row in rows]
        for name, rows in series.items()
    }
    text = json.dumps({"currency": figures.currency, **shown}, allow_nan=False, default=str)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
