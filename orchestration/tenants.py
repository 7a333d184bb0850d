"""Settings per tenant from `<home>/tenants.toml`, and the as-of date that each one's figures take.

[tenant.acme]
time_zone = "Europe/London"
currency = "GBP"
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from iso4217 import Currency

KNOWN = {
    "time_zone",
    "currency",
    "reporting_currency",
    "gross_margin",
    "business_hours",
    "holidays",
    "fiscal_year_start",
    "as_of",
}


class TenantSettingRefused(ValueError):
    """A value in tenants.toml that cannot be used; the message names file, tenant and setting."""


@dataclass(frozen=True)
class Tenant:
    """One tenant's settings; `reporting_currency` is None where the tenant does not set one.

    `as_of` pins a tenant whose facts end on a day, such as the demo company or an archive.
    """

    tenant_id: str
    time_zone: str = "UTC"
    currency: str = "USD"
    reporting_currency: str | None = None
    gross_margin: Decimal = Decimal("0.8")
    fiscal_year_start: int = 1
    as_of: date | None = None

    def default_as_of(self, instant: datetime) -> date:
        """The pinned day, else the day before `instant` (aware) in the tenant's zone: the last day that is over."""
        return self.as_of or instant.astimezone(ZoneInfo(self.time_zone)).date() - timedelta(days=1)


@dataclass(frozen=True)
class Tenants:
    """All configured tenants; one that is not configured has the defaults."""

    configured: dict[str, Tenant] = field(default_factory=dict)

    def of(self, tenant_id: str) -> Tenant:
        return self.configured.get(tenant_id) or Tenant(tenant_id)

    def time_zone_of(self, tenant_id: str) -> str:
        return self.of(tenant_id).time_zone


def load_tenants(path: Path) -> Tenants:
    """Reads tenants.toml; an absent file means defaults for everyone. Raises TenantSettingRefused."""
    if not path.exists():
        return Tenants()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TenantSettingRefused(f"{path}: {error}") from error
    sections = document.get("tenant", {})
    if not isinstance(sections, dict) or set(document) - {"tenant"}:
        raise TenantSettingRefused(f"{path}: settings stand under [tenant.<id>]")
    return Tenants({name: _tenant(path, name, values) for name, values in sections.items()})


def _tenant(path: Path, name: str, values: Any) -> Tenant:
    def refuse(key: str, why: str) -> TenantSettingRefused:
        return TenantSettingRefused(f"{path}: tenant {name}: {key}: {why}")

    if not isinstance(values, dict):
        raise refuse("", "expected a table of settings")
    for key in values:
        if key not in KNOWN:
            raise refuse(key, f"unknown setting; known are {', '.join(sorted(KNOWN))}")
    try:
        ZoneInfo(values.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
        raise refuse("time_zone", "not a time zone of the IANA database") from error
    for key in ("currency", "reporting_currency"):
        try:
            Currency(values.get(key, "USD"))
        except ValueError as error:
            raise refuse(key, "not an ISO 4217 code") from error
    margin = Decimal(str(values.get("gross_margin", "0.8")))
    if not 0 <= margin <= 1:
        raise refuse("gross_margin", "a fraction between 0 and 1")
    start = values.get("fiscal_year_start", 1)
    if not isinstance(start, int) or not 1 <= start <= 12:
        raise refuse("fiscal_year_start", "a month from 1 to 12")
    as_of = values.get("as_of")
    if as_of is not None and (not isinstance(as_of, date) or isinstance(as_of, datetime)):
        raise refuse("as_of", "a date such as 2026-10-31, without quotes")
    return Tenant(
        tenant_id=name,
        time_zone=values.get("time_zone", "UTC"),
        currency=values.get("currency", "USD"),
        reporting_currency=values.get("reporting_currency"),
        gross_margin=margin,
        fiscal_year_start=start,
        as_of=as_of,
    )
