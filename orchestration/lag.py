"""How long changes of the core have been waiting to be read, and whether that is too long."""

from collections.abc import Collection
from datetime import UTC, datetime

from ingestion.app import unread_since
from ingestion.errors import ChangeLogBroken
from orchestration.settings import Settings

ERASURES = "erasures"


def late_line(settings: Settings, core_tables: Collection[str], now: datetime) -> str | None:
    """What is late, in one line; None while nothing waits for longer than the setting allows.

    `core_tables` are those that figures rest on: what changes elsewhere is read along with them, and need not be soon.
    """
    if not settings.has_core:
        return None
    try:
        waiting = unread_since(settings.home, settings.database_url, {*core_tables, ERASURES})
    except ChangeLogBroken as broken:
        return str(broken)
    waited = {tenant: (now - since.replace(tzinfo=UTC)).total_seconds() / 60 for tenant, since in waiting.items()}
    late = {tenant: minutes for tenant, minutes in waited.items() if minutes > settings.core_lag_minutes}
    if not late:
        return None
    tenant, minutes = max(late.items(), key=lambda one: one[1])
    more = f" (+{len(late) - 1} more tenants)" if len(late) > 1 else ""
    return (
        f"changes of tenant {tenant} have been waiting for {minutes:.0f} minutes{more}; no build has read them,"
        f" and {settings.core_lag_minutes:g} minutes are allowed"
    )
