"""The core as a build sees it: which of its tables figures rest on."""

from collections.abc import Mapping
from typing import Any

from ingestion.contracts import app_tables


def tables_with_figures(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The logged tables that a model reads; personal columns, which are kept apart, count to the table of their row.

    They decide who is a tenant of the warehouse, so it needs no list of what is none of its business.
    """
    read = (source["name"] for source in manifest["sources"].values() if source["schema"] == "raw_app")
    return frozenset(app_tables()[name].logged_as for name in read)
