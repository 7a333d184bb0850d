"""The core as the rest of this package knows it: how it is opened, and which of its tables figures rest on."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from ingestion.contracts import app_tables
from orchestration.settings import Settings

if TYPE_CHECKING:
    from transactional_api.database import Database
    from transactional_api.settings import Settings as CoreSettings


def core_settings(settings: Settings) -> "CoreSettings":
    """The core's own settings, with the home and the database of this package's."""
    from transactional_api.settings import Settings as CoreSettings

    return CoreSettings(
        home=settings.home, database_url=settings.database_url, database_owner_url=settings.database_owner_url
    )


@contextmanager
def open_core(settings: Settings) -> Iterator["Database"]:
    """The core's database, closed at the end; nothing is connected before the first use. Raises DatabaseUnavailable.

    The one place that opens it, so that tables are made and changed as their owner, whichever command comes first.
    """
    from transactional_api.database import Database

    with closing(Database(settings.database_url, owner_url=settings.database_owner_url)) as database:
        yield database


def tables_with_figures(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The logged tables that a model reads; personal columns, which are kept apart, count to the table of their row.

    They decide who is a tenant of the warehouse, so it needs no list of what is none of its business.
    """
    read = (source["name"] for source in manifest["sources"].values() if source["schema"] == "raw_app")
    return frozenset(app_tables()[name].logged_as for name in read)
