"""What the tenant's own settings fill in where an entry names no currency."""

import tomllib
from pathlib import Path

from transactional_api.sellers.errors import TenantSettingsUnreadable

DEFAULT_CURRENCY = "USD"


def currency_of(home: Path, tenant_id: str) -> str:
    """The tenant's currency in `<home>/tenants.toml`, else USD, as builds take it. Never a guess from a bad file."""
    try:
        document = tomllib.loads((home / "tenants.toml").read_text(encoding="utf-8"))
        currency = document.get("tenant", {}).get(tenant_id, {}).get("currency", DEFAULT_CURRENCY)
    except FileNotFoundError:
        return DEFAULT_CURRENCY
    except (OSError, ValueError, AttributeError) as error:
        raise TenantSettingsUnreadable from error
    if not isinstance(currency, str):
        raise TenantSettingsUnreadable
    return currency
