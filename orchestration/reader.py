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
from ingestion.lake import literal
from ingestion.raw import create_intake_ops, create_raw_relations
from orchestration.publish import NothingPublished, Pointer, Warehouse
from orchestration.settings import Settings

MIRRORED = ("staging", "intermediate", "marts", "ml", "ops", "run")
LINEAGE, METRIC_LINEAGE = "lineage", "metric_lineage"
LIVE_OPS = ("ingest_receipts", "quarantined_rows", "batch_verdicts")


@contextmanager
def published(
    settings: Settings, version: str | None = None, *, live: bool = True, lineage: bool = False
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Pointer | None]]:
    """A connection on which marts, ml, ops and raw_csv can be queried, and the pointer (None: nothing published).

    Without a publication the received rows and receipts can be read all the same. Nothing can be written: the
    version is attached read-only and the connection's own catalog is private memory. With `lineage` what leads figures
    down to rows is there too; binding its views takes a tenth of a second.
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
            mirror(connection, warehouse.path_of(version), skip_ops=live, lineage=lineage)
        elif version is not None:
            raise NothingPublished
        yield connection, pointer
    finally:
        connection.close()
        held.close()


def mirror(connection: duckdb.DuckDBPyConnection, version: Path, *, skip_ops: bool, lineage: bool = False) -> None:
    """Views over every relation of a version, and its table macros, in the connection's own catalog."""
    connection.execute(f"attach {literal(version)} as wh (read_only)")
    relations = connection.sql(
        """select schema_name, table_name from duckdb_tables() where database_name = 'wh' and not internal
        union all select schema_name, view_name from duckdb_views() where database_name = 'wh' and not internal
        order by all"""
    ).fetchall()
    schemas = (*MIRRORED, LINEAGE) if lineage else MIRRORED
    for schema in schemas:
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
        is_live = skip_ops and schema == "ops" and name in LIVE_OPS
        if schema in schemas and not is_live and (lineage or name != METRIC_LINEAGE):
            connection.execute(f'create or replace view {schema}."{name}" as from wh.{schema}."{name}"')
    macros = connection.sql(
        """select schema_name, function_name, parameters, macro_definition from duckdb_functions()
        where database_name = 'wh' and function_type = 'table_macro' and not internal order by all"""
    ).fetchall()
    for schema, name, parameters, body in macros:
        connection.execute(f"create or replace macro {schema}.{name}({', '.join(parameters)}) as table {body}")


def version_seen(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Which version a connection shows, and the as-of date of its figures (the latest of its tenants)."""
    query = "select any_value(c.version), coalesce(max(t.as_of), any_value(c.as_of))::varchar from run.context as c"
    version, as_of = connection.sql(f"{query} left join run.tenants as t on true").fetchall()[0]
    return str(version), str(as_of)


def unknown_relation_hint(error: duckdb.Error, pointer: Pointer | None) -> str:
    """What to tell the user when a query fails: before the first publication there are no marts to ask."""
    text = str(error).strip().splitlines()[0]
    if pointer is None and ("does not exist" in text or isinstance(error, duckdb.CatalogException)):
        return str(NothingPublished())
    return text
