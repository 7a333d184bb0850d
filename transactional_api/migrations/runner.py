"""Runs Alembic in the process that opens the core, inside one transaction that holds a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from transactional_api.kit.recording import ALL_TENANTS, see_tenant
from transactional_api.migrations.row_security import grant, wall_tenants


def upgrade(engine: Engine, lock: int, granted_to: str | None = None) -> None:
    """To the newest step. Whoever comes second waits for the lock and then finds nothing to do.

    `granted_to` is the role that uses the tables, where another one owns them.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection, _tables_written_anew(connection), connection.begin():
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        if _current(connection) != newest:
            see_tenant(connection, ALL_TENANTS)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if is_postgresql:
                wall_tenants(connection)
            elif connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise RuntimeError("after the migration a row refers to one that is not there; nothing was changed")
        if is_postgresql and granted_to:
            grant(connection, granted_to)


@contextmanager
def _tables_written_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a check by writing the table anew; for that moment its rows refer to nothing, and it would refuse.

    The switch does nothing inside of a transaction, so it is outside; what refers to what is checked at the end.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    file = connection.connection.driver_connection
    assert file is not None
    file.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        file.execute("PRAGMA foreign_keys = ON")


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this version of the code."""
    folder = ScriptDirectory(str(Path(__file__).parent))
    return _current(connection) == folder.get_current_head()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
