"""Reading the core over ADBC: the heads of its change log, a range of its changes, and its personal values.

Works on SQLite and PostgreSQL with the same SQL. Rows arrive as Arrow batches and never as Python objects.
The driver for SQLite guesses a column's type from its first rows, so no column that is read may have a NULL
in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

from ingestion.contracts import AppTable
from ingestion.errors import CoreUnreadable

SQLITE = "sqlite:///"


def sqlite_path(database_url: str) -> Path | None:
    """The file behind a SQLite URL; None for another database."""
    return Path(database_url.removeprefix(SQLITE)) if database_url.startswith(SQLITE) else None


class Core:
    """An open connection to the core database. Reads only."""

    def __init__(self, database_url: str) -> None:
        self._is_sqlite = sqlite_path(database_url) is not None
        self._name = _without_password(database_url)
        if not self._is_sqlite and not database_url.startswith("postgres"):
            raise CoreUnreadable(f"the core database {self._name} is of no known kind: sqlite:/// or postgresql://")
        try:
            self._db = _connect(database_url)
        except Exception as error:
            said = _line(error).replace(database_url, self._name)
            if password := _password(database_url):
                said = said.replace(password, "***")
            # Without the cause: a driver's own error may hold the whole connection string.
            raise CoreUnreadable(f"the core database {self._name} cannot be reached: {said}") from None

    def __enter__(self) -> Core:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def heads(self) -> dict[str, int]:
        """The last change number per tenant; none before the core's first migration.

        Everything up to it is committed, since its lock is held to commit.
        """
        if not self.has_table("change_log_heads"):
            return {}
        table = self.table("SELECT tenant_id, last_change_no FROM change_log_heads ORDER BY tenant_id")
        return {str(row["tenant_id"]): int(row["last_change_no"]) for row in table.to_pylist() if row["last_change_no"]}

    def has_table(self, name: str) -> bool:
        """A core that was not migrated since does not have all tables of the contracts."""
        if self._is_sqlite:
            exists = f"SELECT count(*) AS n FROM sqlite_master WHERE name = '{name}'"
        else:
            exists = f"SELECT count(to_regclass('{name}')) AS n"
        return bool(self.table(exists).to_pylist()[0]["n"])

    def changes(self, ranges: Sequence[tuple[str, int, int]]) -> Any:
        """The changes of tenants, each from the number after `first - 1` to `last`, as one Arrow table."""
        wanted, values = _within(ranges)
        return self.table(
            "SELECT tenant_id, change_no, entity, entity_key, operation,"
            " coalesce(CAST(after_json AS TEXT), '') AS after_json,"
            f" coalesce(CAST(personal_fields AS TEXT), '') AS personal_fields FROM change_log WHERE {wanted}",
            values,
        )

    def last_changes(self, ranges: Sequence[tuple[str, int, int]], tables: Collection[str]) -> dict[str, int]:
        """The last number per tenant in such ranges that is a change of one of `tables`."""
        wanted, values = _within(ranges)
        marks = ", ".join("?" * len(tables))
        found = self.table(
            f"SELECT tenant_id, max(change_no) AS change_no FROM change_log WHERE ({wanted})"
            f" AND entity IN ({marks}) GROUP BY tenant_id",
            [*values, *tables],
        )
        return {str(row["tenant_id"]): int(row["change_no"]) for row in found.to_pylist()}

    def personal_values(self, table: AppTable) -> Any:
        """The whole of a table that is never in the log, as text: "=" and the value, or "-" for NULL."""
        columns = ", ".join(
            f"CASE WHEN {name} IS NULL THEN '-' ELSE '=' || CAST({name} AS TEXT) END AS {name}"
            for name in ("tenant_id", *table.columns)
        )
        return self.table(f"SELECT {columns} FROM {table.table}")

    def table(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        if not self._is_sqlite:
            for number in range(1, len(parameters) + 1):
                sql = sql.replace("?", f"${number}", 1)
        try:
            with closing(self._db.cursor()) as cursor:
                cursor.execute(sql, list(parameters) or None)
                return cursor.fetch_arrow_table()
        except Exception as error:
            raise CoreUnreadable(f"the core database {self._name} cannot be read: {_line(error)}") from error


def _within(ranges: Sequence[tuple[str, int, int]]) -> tuple[str, list[object]]:
    """The condition on the change log that a change is in one of the ranges, and its values."""
    condition = " OR ".join(["(tenant_id = ? AND change_no BETWEEN ? AND ?)"] * len(ranges))
    return condition, [value for each in ranges for value in each]


def _connect(database_url: str) -> Any:
    path = sqlite_path(database_url)
    if path is not None:
        import adbc_driver_sqlite.dbapi as sqlite_adbc

        connection = sqlite_adbc.connect(f"file:{path}?mode=ro")
        try:
            with closing(connection.cursor()) as cursor:
                cursor.execute("PRAGMA busy_timeout = 30000")
        except sqlite3.Error:
            connection.close()
            raise
        return connection
    import adbc_driver_postgresql.dbapi as postgresql_adbc

    scheme, _, rest = database_url.partition("://")
    connection = postgresql_adbc.connect(f"{scheme.partition('+')[0]}://{rest}")
    with closing(connection.cursor()) as cursor:
        cursor.execute("SELECT set_config('revhouse.tenant', '*', false)")
        cursor.fetchall()
    connection.commit()
    return connection


def _without_password(database_url: str) -> str:
    scheme, mark, rest = database_url.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _password(database_url: str) -> str:
    """What stands between the user's name and the host; empty where there is none."""
    credentials, at, _ = database_url.partition("://")[2].rpartition("@")
    return credentials.partition(":")[2] if at else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
