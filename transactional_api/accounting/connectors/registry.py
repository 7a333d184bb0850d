"""Which connector a system's name stands for."""

from transactional_api.accounting.connectors.file import FileConnector
from transactional_api.accounting.connectors.port import AccountingConnector
from transactional_api.accounting.errors import SystemUnknown
from transactional_api.settings import Settings


def connector_named(name: str, settings: Settings) -> AccountingConnector:
    """Raises SystemUnknown."""
    if name != FileConnector.name:
        raise SystemUnknown(name)
    return FileConnector(settings.home)
