"""Reading the core over ADBC: the heads of its change log, a range of its changes, and its tables as they stand.

Works on SQLite and PostgreSQL. Rows arrive as Arrow batches and never as Python objects. The driver for SQLite guesses
a column's type from its first rows, so no column that is read may have a NULL in it. The one for PostgreSQL copies in
binary only where a query has no parameters, so what is read in bulk has its values written into the text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from ingestion.contracts import AppTable
from ingestion.errors import CoreUnreadable
from ingestion.lake import literal

SQLITE = "sqlite:///"
SQLITE_ROWS = "20000"
ENTRIES_AT_ONCE = 200
LOGGED = (
    "tenant_id, change_no, entity, entity_key, operation, changed_at, entry_hash,"
    " coalesce(CAST(after_json AS TEXT), '') AS after_json,"
    " coalesce(CAST(personal_fields AS TEXT), '') AS personal_fields"
)

Range = tuple[str, int, int]
"""A tenant, and the first and last change number of a stretch of its log."""


def sqlite_path(database_url: str) -> Path | None:
    """The file behind a SQLite URL; None for another database."""
    return Path(database_url.removeprefix(SQLITE)) if database_url.startswith(SQLITE) else None


class Core:
    """An open connection to the core database. Reads only."""

    def __init__(self, database_url: str) -> None:
        self.is_sqlite = sqlite_path(database_url) is not None
        self._name = _without_password(database_url)
        if not self.is_sqlite and not database_url.startswith("postgres"):
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
        if self.is_sqlite:
            exists = f"SELECT count(*) AS n FROM sqlite_master WHERE name = '{name}'"
        else:
            exists = f"SELECT count(to_regclass('{name}')) AS n"
        return bool(self.table(exists).to_pylist()[0]["n"])

    def changes(self, ranges: Sequence[Range]) -> Any:
        """The changes of tenants, each from the first to the last number of its range, as one Arrow table."""
        with self.streamed(f"SELECT {LOGGED} FROM change_log WHERE {literally(ranges)}") as rows:
            return rows.read_all()

    def last_changes(self, ranges: Sequence[Range], tables: Collection[str]) -> dict[str, int]:
        """The last number per tenant in such ranges that is a change of one of `tables`."""
        found = self._asked("max(change_no) AS found", ranges, tables)
        return {str(row["tenant_id"]): int(row["found"]) for row in found}

    def first_times(self, ranges: Sequence[Range], tables: Collection[str]) -> dict[str, datetime]:
        """When each tenant made the first change in such ranges to one of `tables`. UTC, without a zone."""
        found = self._asked(f"{self._instant_text('min(changed_at)')} AS found", ranges, tables)
        return {str(row["tenant_id"]): datetime.fromisoformat(row["found"].rstrip("Z")) for row in found}

    def _asked(self, figure: str, ranges: Sequence[Range], tables: Collection[str]) -> list[dict[str, Any]]:
        wanted, values = _within(ranges)
        marks = ", ".join("?" * len(tables))
        rows = self.table(
            f"SELECT tenant_id, {figure} FROM change_log WHERE ({wanted}) AND entity IN ({marks}) GROUP BY tenant_id",
            [*values, *tables],
        )
        return list(rows.to_pylist())

    def entries(self, changes: Collection[tuple[str, int]]) -> list[dict[str, Any]]:
        """What the log says of changes of tenants by number: who, when, of what, before and after, as text."""
        if not changes or not self.has_table("change_log"):
            return []
        texts = ", ".join(f"coalesce(CAST({name} AS TEXT), '') AS {name}" for name in ("before_json", "after_json"))
        query = (
            f"SELECT tenant_id, change_no, entity, entity_key, operation, actor, entry_hash, {texts},"
            f" {self._instant_text('changed_at')} AS changed_at FROM change_log WHERE "
        )
        found: list[dict[str, Any]] = []
        wanted = sorted(changes)
        for start in range(0, len(wanted), ENTRIES_AT_ONCE):
            some = [(tenant, number, number) for tenant, number in wanted[start : start + ENTRIES_AT_ONCE]]
            found += self.table(query + literally(some)).to_pylist()
        return found

    def changed_keys(self, ranges: Sequence[Range]) -> Any:
        """Tenant, table and key of the changes in the ranges."""
        return self.table(f"SELECT tenant_id, entity, entity_key FROM change_log WHERE {literally(ranges)}")

    @contextmanager
    def rows(self, table: AppTable) -> Iterator[Any]:
        """Every row of a table as it stands, its columns as text; of personal values those rows that have any."""
        held = " OR ".join(f"{name} IS NOT NULL" for name in table.columns if name not in table.key)
        instants = [name for name, kind in table.columns.items() if kind == "instant"]
        columns = self.columns_as_text(["tenant_id", *table.columns], instants=instants)
        with self.streamed(f"SELECT {columns} FROM {table.table}{f' WHERE {held}' if table.personal else ''}") as rows:
            yield rows

    def hold_still(self) -> None:
        """From here on everything is read as of one moment."""
        if not self.is_sqlite:  # where a transaction is that from its first read on
            with closing(self._db.cursor()) as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def personal_changes(self, table: AppTable, ranges: Sequence[Range]) -> Any:
        """Such rows that the changes in the ranges name, as they are now. One may come more than once."""
        columns = self.columns_as_text(["tenant_id", *table.columns], "p.")
        keys = " AND ".join(f"p.{name} = {self._key_part(table, place)}" for place, name in enumerate(table.key))
        return self.table(
            f"SELECT {columns} FROM change_log l JOIN {table.table} p ON p.tenant_id = l.tenant_id AND {keys}"
            f" WHERE ({literally(ranges, 'l.')}) AND l.entity = '{table.logged_as}'"
            " AND l.personal_fields IS NOT NULL AND l.operation <> 'delete'"
        )

    def _key_part(self, table: AppTable, place: int) -> str:
        """One column of the key out of the log's `entity_key`, such that an index on the table can be used."""
        if len(table.key) == 1:
            part = "l.entity_key"
        elif self.is_sqlite:
            assert len(table.key) == 2, "SQLite has no function that splits a text into more"
            part = (
                "substr(l.entity_key, instr(l.entity_key, char(31)) + 1)"
                if place
                else "substr(l.entity_key, 1, instr(l.entity_key, char(31)) - 1)"
            )
        else:
            part = f"split_part(l.entity_key, chr(31), {place + 1})"
        return f"CAST({part} AS BIGINT)" if table.columns[table.key[place]] == "integer" else part

    def columns_as_text(self, names: Sequence[str], prefix: str = "", instants: Collection[str] = ()) -> str:
        """A list of columns for a SELECT, without a NULL: "=" and the value as text, or "-"."""
        text = {
            name: self._instant_text(prefix + name) if name in instants else f"CAST({prefix}{name} AS TEXT)"
            for name in names
        }
        return ", ".join(
            f"CASE WHEN {prefix}{name} IS NULL THEN '-' ELSE '=' || {value} END AS {name}"
            for name, value in text.items()
        )

    def _instant_text(self, value: str) -> str:
        """ISO text in UTC, as SQLite stores it, whatever the server's own style of dates."""
        if self.is_sqlite:
            return value
        return f"to_char(CAST({value} AS timestamptz) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

    @contextmanager
    def streamed(self, sql: str) -> Iterator[Any]:
        """The rows of a query batch by batch, so that a table of any size fits into memory."""
        try:
            with closing(self._db.cursor()) as cursor:
                if self.is_sqlite:
                    cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": SQLITE_ROWS})
                cursor.execute(sql)
                yield cursor.fetch_record_batch()
        except self._db.Error as error:
            raise CoreUnreadable(f"the core database {self._name} cannot be read: {_line(error)}") from error

    def table(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        if not self.is_sqlite:
            for number in range(1, len(parameters) + 1):
                sql = sql.replace("?", f"${number}", 1)
        try:
            with closing(self._db.cursor()) as cursor:
                cursor.execute(sql, list(parameters) or None)
                return cursor.fetch_arrow_table()
        except Exception as error:
            raise CoreUnreadable(f"the core database {self._name} cannot be read: {_line(error)}") from error


def literally(ranges: Sequence[Range], prefix: str = "") -> str:
    """The condition that a change is in one of the ranges, with their values in the text."""
    return " OR ".join(
        f"({prefix}tenant_id = {literal(tenant)} AND {prefix}change_no BETWEEN {first} AND {last})"
        for tenant, first, last in ranges
    )


def _within(ranges: Sequence[Range]) -> tuple[str, list[object]]:
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
