"""Read-only access to what was published, composed with what was received.

A table macro of an attached file resolves its tables by the current catalog, so the version is not simply attached:
its schemas are mirrored as views in an in-memory catalog, and its macros are made again there. `raw_csv` and the
receipts are shown as they are now, everything else as it was published.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from ingestion.home import lake_read
from ingestion.raw import create_intake_ops, create_raw_relations
from orchestration.publish import NothingPublished, Pointer, Warehouse
from orchestration.settings import Settings

MIRRORED = ("staging", "intermediate", "marts", "ml", "ops", "run")
LIVE_OPS = ("ingest_receipts", "quarantined_rows", "batch_verdicts")


@contextmanager
def published(
    settings: Settings, version: str | None = None, *, live: bool = True
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Pointer | None]]:
    """A connection on which marts, ml, ops and raw_csv can be queried, and the pointer (None: nothing published).

    Without a publication the received rows and receipts can be read all the same. Nothing can be written: the
    version is attached read-only and the connection's own catalog is private memory.
    """
    warehouse = Warehouse(settings.warehouse)
    pointer = warehouse.current()
    connection = duckdb.connect()
    held = ExitStack()
    try:
        if live:
            held.enter_context(lake_read(settings.home))
            create_raw_relations(connection, settings.home)
            create_intake_ops(connection, settings.home, live=True)
        if pointer is not None:
            mirror(connection, warehouse.path_of(version), skip_ops=live)
        elif version is not None:
            raise NothingPublished
        yield connection, pointer
    finally:
        connection.close()
        held.close()


def mirror(connection: duckdb.DuckDBPyConnection, version: Path, *, skip_ops: bool) -> None:
    """Views over every relation of a version, and its table macros, in the connection's own catalog."""
    connection.execute(f"attach '{version}' as wh (read_only)")
    relations = connection.sql(
        """select schema_name, table_name from duckdb_tables() where database_name = 'wh' and not internal
        union all select schema_name, view_name from duckdb_views() where database_name = 'wh' and not internal
        order by all"""
    ).fetchall()
    for schema in MIRRORED:
        connection.execute(f"create schema if not exists {schema}")
    connection.execute(
        """create or replace view ops.tables as
        select schema_name, table_name, estimated_size as row_count from duckdb_tables()
        where database_name = 'wh' and schema_name in ('marts', 'ml', 'ops')
        union all
        select schema_name, view_name, null from duckdb_views()
        where database_name = 'wh' and schema_name in ('marts', 'ml', 'ops') order by all"""
    )
    for schema, name in relations:
        if schema in MIRRORED and not (skip_ops and schema == "ops" and name in LIVE_OPS):
            connection.execute(f'create or replace view {schema}."{name}" as from wh.{schema}."{name}"')
    macros = connection.sql(
        """select schema_name, function_name, parameters, macro_definition from duckdb_functions()
        where database_name = 'wh' and function_type = 'table_macro' and not internal order by all"""
    ).fetchall()
    for schema, name, parameters, body in macros:
        connection.execute(f"create or replace macro {schema}.{name}({', '.join(parameters)}) as table {body}")


def unknown_relation_hint(error: duckdb.Error, pointer: Pointer | None) -> str:
    """What to tell the user when a query fails: before the first publication there are no marts to ask."""
    text = str(error).strip().splitlines()[0]
    if pointer is None and ("does not exist" in text or isinstance(error, duckdb.CatalogException)):
        return str(NothingPublished())
    return text
