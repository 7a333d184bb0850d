"""Settings per tenant: what is taken, what is refused, and which day is yesterday."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.tenants import Tenant, TenantSettingRefused, load_tenants


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tenants.toml"
    path.write_text(text)
    return path


def test_a_tenant_that_is_not_configured_has_utc_and_usd(tmp_path: Path) -> None:
    assert load_tenants(tmp_path / "tenants.toml").of("acme") == Tenant("acme")


def test_configured_values_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path, '[tenant.acme]\ntime_zone = "Asia/Tokyo"\ncurrency = "JPY"\ngross_margin = 0.7\n')
    acme = load_tenants(path).of("acme")
    assert (acme.time_zone, acme.currency, acme.gross_margin) == ("Asia/Tokyo", "JPY", Decimal("0.7"))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('time_zone = "Mars/Olympus"', "time_zone"),
        ('currency = "XXZ"', "currency"),
        ("gross_margin = 1.5", "gross_margin"),
        ("fiscal_year_start = 13", "fiscal_year_start"),
        ('as_of = "2026-10-31"', "as_of"),
        ('colour = "red"', "colour"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_naming_file_tenant_and_setting(
    tmp_path: Path, line: str, names: str
) -> None:
    path = write(tmp_path, f"[tenant.acme]\n{line}\n")
    with pytest.raises(TenantSettingRefused, match=f"tenants.toml: tenant acme: {names}"):
        load_tenants(path)


def test_broken_toml_is_refused_naming_the_file(tmp_path: Path) -> None:
    with pytest.raises(TenantSettingRefused, match=r"tenants.toml: Expected"):
        load_tenants(write(tmp_path, "[tenant.acme"))


def test_yesterday_is_the_last_day_that_is_over_where_the_tenant_is() -> None:
    instant = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    assert Tenant("a", time_zone="Asia/Tokyo").default_as_of(instant) == date(2026, 3, 1)
    assert Tenant("b", time_zone="America/New_York").default_as_of(instant) == date(2026, 2, 28)


def test_a_pinned_tenant_keeps_its_day() -> None:
    pinned = Tenant("c", as_of=date(2025, 12, 31))
    assert pinned.default_as_of(datetime(2026, 3, 1, tzinfo=UTC)) == date(2025, 12, 31)
