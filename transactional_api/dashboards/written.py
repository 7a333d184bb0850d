"""How the page writes values: amounts, shares, days and instants, as escaped HTML that also carries the exact value."""

import html
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

NOTHING = "–"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MANY = 10**9


def amount(value: Any) -> str:
    """Without decimals; from a thousand millions on in millions, so that it fits its card."""
    if value is None:
        return NOTHING
    shown = f"{value:,.0f}" if abs(value) < MANY else f"{value / 10**6:,.0f} M"
    return _data(value, "0" if shown == "-0" else shown)


def share(value: Any) -> str:
    return NOTHING if value is None else _data(value, f"{value:.1%}")


def days(value: Any) -> str:
    return NOTHING if value is None else _data(value, f"{value:.0f}")


def month(value: Any) -> str:
    found = date.fromisoformat(str(value)[:10])
    return f'<time datetime="{found:%Y-%m}">{MONTHS[found.month - 1]} {found.year}</time>'


def day(value: Any) -> str:
    """A date, or its ISO text; other text is shown as it is."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return html.escape(str(value))
    return f'<time datetime="{found}">{_day(found)}</time>'


def instant(value: Any) -> str:
    """An instant in UTC to the minute, or its ISO text; other text is shown as it is."""
    try:
        found = datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return html.escape(str(value))
    text = f"{_day(found.date())}, {found:%H:%M} UTC"
    return f'<time datetime="{found.isoformat()}">{text}</time>'


def for_charts(value: Any) -> Any:
    """As JSON can carry it: amounts as numbers, for drawing only; dates as text."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _day(value: date) -> str:
    return f"{value.day} {MONTHS[value.month - 1][:3]} {value.year}"


def _data(value: Any, shown: str) -> str:
    return f'<data value="{value}">{shown.replace("-", "−")}</data>'
