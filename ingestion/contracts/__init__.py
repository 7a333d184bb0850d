"""The contract files, loaded and checked once per process.

`csv/<data_set>.yml` says what a data set is; `vendor/<export>.yml` says how a tool's own export becomes
one; `app/<table>.yml` says what the core's tables are. Reading, keys, raw relations and expectations all
follow these files, and nothing about a column stands anywhere else.
"""

from __future__ import annotations

from ingestion.contracts.kinds import (
    APP_TYPES,
    CSV_TYPES,
    DECIMALS,
    NUMBERS,
    TIMES,
    AppTable,
    Check,
    Column,
    DataSet,
    Layout,
    Make,
    header_key,
)
from ingestion.contracts.load import HERE, app_tables, data_sets, layouts, owners

__all__ = [
    "APP_TYPES",
    "CSV_TYPES",
    "DECIMALS",
    "HERE",
    "NUMBERS",
    "TIMES",
    "AppTable",
    "Check",
    "Column",
    "DataSet",
    "Layout",
    "Make",
    "app_tables",
    "data_sets",
    "header_key",
    "layouts",
    "owners",
]
