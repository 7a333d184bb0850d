"""Computing again only what changed since the version that a build starts from.

What changed names customers and documents; the set of all that hang together with these is closed under reference.
Models that declare `rows_of` run over the raw rows of that set alone, in a small database beside the build file, with
the same SQL; their rows replace the set's in the build file. Everything else that reads something changed runs whole.
Nothing here knows a model by name.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row

import duckdb

from ingestion import changes
from ingestion.contracts import app_tables
from ingestion.lake import literal
from orchestration.dbt_plan import NodeResult, Step, run_step

MOST = 0.34
"""The share of all customers beyond which a full build is as quick."""
FEW = 100
"""Customers that are never too many."""
IDS = (
    "customer_id",
    "subscription_id",
    "invoice_id",
    "payment_id",
    "contract_id",
    "obligation_id",
    "line_id",
    "refund_id",
    "credit_note_id",
    "modification_id",
)
"""Columns that say of whom or of which document a row is."""
KINDS = {
    "invoice_line": "line_id",
    "obligation": "obligation_id",
    "modification": "modification_id",
    "invoices": "invoice_id",
    "credit_notes": "credit_note_id",
}
"""What a column that stands beside an id calls the id's kind."""
ALSO_OF = {"raw_app.subscription_periods": "subscriptions", "raw_app.invoice_line_taxes": "invoice_lines"}
"""Raw relations that a union of another name holds, or that hang on one."""
SAME_FOR_ALL = frozenset({"staging.stg_run__tenants", "staging.stg_run__currencies"})
"""What a set's rows may be checked against as if it were the set's own."""


@dataclass(frozen=True)
class Start:
    """The version that the build file was copied from."""

    home: Path
    since: int
    known_at: int


@dataclass(frozen=True)
class State:
    """Whether a relation may be other than in the version before, and whether the set's own rows are there for it."""

    is_changed: bool
    is_sliced: bool


class TooMuchChanged(Exception):
    """So many customers are concerned that nothing is saved."""


class Incremental:
    """One build's knowledge of what changed; `run` takes the place of running every step whole."""

    def __init__(self, start: Start, steps: list[Step]) -> None:
        self.start = start
        self.steps = {step.relation: step for step in steps if step.kind != "test"}
        self.unions = [
            step for step in self.steps.values() if step.rows_of and step.relation.endswith("_unioned") and step.reads
        ]
        self.followed = self._followed()
        self.wanted_as_before = {
            step.relation
            for step in self.steps.values()
            if step.kind == "table"
            and not step.rows_of
            and any(step.relation in other.reads for other in self.steps.values() if other.rows_of)
        }
        self.states: dict[str, State] = {}
        self.laid_out: set[str] = set()
        self.lock = threading.Lock()

    def prepare(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Finds what changed and lays out the raw rows of all that hangs together with it.

        Raises TooMuchChanged; the build file is as it was then.
        """
        self.main = connection.execute("select current_database()").fetchall()[0][0]
        connection.execute(f"attach {literal(folder / 'slice.duckdb')} as slice")
        home, since, known_at = self.start.home, self.start.since, self.start.known_at
        changed = changes.changed_relations(home, since, known_at)
        self._use(connection, "slice")
        schemas = {name.partition(".")[0] for step in self.steps.values() for name in (step.relation, *step.reads)}
        for schema in sorted({"changed", "before", "intake", *schemas}):
            connection.execute(f"create schema slice.{schema}")
        connection.execute("create table slice.changed.ids (kind varchar, tenant_id varchar, id varchar)")
        for relation, union in self.followed.items():
            self._note_changed_rows(connection, relation, union, changed.get(relation, []))
        is_any = bool(connection.execute("select count(*) from slice.changed.ids").fetchall()[0][0])
        for step in self.steps.values():
            for name in step.reads - self.steps.keys():
                is_personal = name.startswith("raw_app.") and app_tables()[name.partition(".")[2]].personal
                self.states[name] = State(name in changed, name in self.followed or is_personal)
        if is_any:
            self._close(connection)
            try:
                self._refuse_if_too_many(connection)
            finally:
                self._use(connection, self.main)
            self._use(connection, "slice")
            while True:
                self._lay_out_raw(connection)
                if not self._lay_out_unions(connection):
                    break
        self._name_kinds(connection)
        self._use(connection, self.main)

    def run(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        """One step: kept, computed for the set and put in its place, or computed whole."""
        if step.kind == "test":
            return self._check(connection, step)
        if step.kind in ("view", "table_macro", "seed"):
            return self._definition(connection, step)
        states = [self._state(name) for name in step.reads]
        if not any(state.is_changed for state in states):
            self.states[step.relation] = State(False, bool(step.rows_of))
            return NodeResult(step.unique_id, "success", "", 0.0, 0)
        if step.rows_of and all(state.is_sliced or not state.is_changed for state in states):
            return self._slice(connection, step)
        return self._whole(connection, step)

    # What changed

    def _followed(self) -> dict[str, str]:
        """The union that holds each raw relation whose rows are followed to their customers and documents."""
        by_entity = {}
        for union in self.unions:
            for name in union.reads:
                by_entity[name.partition("__")[2]] = union.relation
        found = {}
        for step in self.steps.values():
            for name in step.reads:
                schema, _, entity = name.partition(".")
                entity = ALSO_OF.get(name, entity)
                if schema in ("raw_csv", "raw_app") and entity in by_entity and not self._is_personal(name):
                    found[name] = by_entity[entity]
        return found

    @staticmethod
    def _is_personal(relation: str) -> bool:
        schema, _, name = relation.partition(".")
        return schema == "raw_app" and app_tables()[name].personal

    def _columns(self, connection: duckdb.DuckDBPyConnection, relation: str, database: str = "") -> list[str]:
        schema, _, name = relation.partition(".")
        return [
            row[0]
            for row in connection.execute(
                "select column_name from duckdb_columns()"
                " where database_name = ? and schema_name = ? and table_name = ?",
                [database or self.main, schema, name],
            ).fetchall()
        ]

    def _key(self, connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
        """The parts of a raw relation's key that its union knows."""
        known = self._columns(connection, self.followed[relation])
        return [name for name in changes.key_columns(relation) if name in known]

    def _note_changed_rows(
        self, connection: duckdb.DuckDBPyConnection, relation: str, union: str, parts: Sequence[Row]
    ) -> None:
        """Keeps the changed keys of a relation, and what the rows under them name now or named before."""
        key = self._key(connection, relation)
        keys = _keys_of(relation)
        typed = ", ".join(f"{name} varchar" for name in key)
        connection.execute(f"create table slice.{keys} (tenant_id varchar, {typed})")
        if not parts:
            return
        ids = [name for name in changes.column_names(relation) if name in IDS]
        columns = list(dict.fromkeys([*key, *ids]))
        query = changes.changed_rows(self.start.home, relation, parts, columns)
        connection.execute(f"create or replace temp table touched as {query}")
        connection.execute(f"insert into slice.{keys} select distinct tenant_id, {_texts(key)} from touched")
        self._add_ids(connection, "touched", ids)
        same_key = " and ".join(f"coalesce(u.{name}::varchar, '') = k.{name}" for name in key)
        before = f"""(select u.* from {self.main}.{union} u
            semi join slice.{keys} k on u.tenant_id = k.tenant_id and {same_key})"""
        self._add_ids(connection, before, [name for name in self._columns(connection, union) if name in IDS])

    def _add_ids(self, connection: duckdb.DuckDBPyConnection, rows: str, columns: Collection[str], of: str = "") -> int:
        """Adds what the rows name; with `of`, of those alone that name one of its ids. Returns how many were new."""
        if not columns:
            return 0
        scans = [rows]
        if of:
            scans = [
                f"(select r.* from {rows} r semi join {of} i"
                f" on i.kind = '{name}' and r.tenant_id = i.tenant_id and r.{name} = i.id)"
                for name in columns
            ]
        named = " union all ".join(
            f"select '{name}' as kind, tenant_id, {name} as id from {scan}" for scan in scans for name in columns
        )
        added = connection.execute(
            f"""insert into slice.changed.ids select distinct kind, tenant_id, id from ({named}) n
            anti join slice.changed.ids using (kind, tenant_id, id) where n.id is not null"""
        ).fetchall()
        return int(added[0][0])

    def _close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Adds all that hangs together with the ids, round by round: only what the last round added is followed."""
        links = {
            union.relation: [name for name in self._columns(connection, union.relation) if name in IDS]
            for union in self.unions
        }
        connection.execute("create or replace table slice.changed.newest as from slice.changed.ids")
        while True:
            connection.execute("create or replace temp table known as from slice.changed.ids")
            added = sum(
                self._add_ids(connection, f"{self.main}.{relation}", columns, "slice.changed.newest")
                for relation, columns in links.items()
            )
            if not added:
                return
            connection.execute(
                "create or replace table slice.changed.newest as"
                " from slice.changed.ids anti join known using (kind, tenant_id, id)"
            )

    def _refuse_if_too_many(self, connection: duckdb.DuckDBPyConnection) -> None:
        customers = connection.execute("select count(*) from slice.changed.ids where kind = 'customer_id'").fetchall()[
            0
        ][0]
        listed = " union ".join(
            f"select tenant_id, customer_id from {self.main}.{union.relation}"
            for union in self.unions
            if "customer_id" in self._columns(connection, union.relation)
        )
        every = connection.execute(f"select count(*) from ({listed})").fetchall()[0][0]
        if customers > max(FEW, MOST * every):
            raise TooMuchChanged(f"{customers:,} customers")

    # The set's own rows

    def _lay_out_raw(self, connection: duckdb.DuckDBPyConnection) -> None:
        for relation, union in self.followed.items():
            key = self._key(connection, relation)
            named = [name for name in self._columns(connection, union) if name in IDS]
            kept = [f"select tenant_id, {', '.join(key)} from slice.{_keys_of(relation)}"]
            kept += [_keys_named(f"{self.main}.{union}", key, name) for name in named]
            if owner := changes.is_owned(relation):
                columns = dict.fromkeys([*key, owner])
                if rows := changes.owned_rows(self.start.home, relation, self.start.known_at, columns):
                    kept.append(_keys_named(f"({rows})", key, owner))
            connection.execute(f"create or replace temp table kept as {' union '.join(kept)}")
            changes.create_slice(connection, self.start.home, self.start.known_at, relation, "temp.kept", key)

    def _lay_out_unions(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Makes the unions of the set, and says whether their rows name anything that was not in it."""
        added = 0
        for union in self.unions:
            for relation in self._with_parents(union):
                step = self.steps[relation]
                self._show(connection, step)
                connection.execute(step.sql)
                self.laid_out.add(relation)
            columns = [name for name in self._columns(connection, union.relation, "slice") if name in IDS]
            added += self._add_ids(connection, f"slice.{union.relation}", columns)
        if added:
            self._close(connection)
        return added > 0

    def _with_parents(self, step: Step) -> list[str]:
        """The relations of the set that a step needs, itself last."""
        found: list[str] = []
        for name in sorted(step.reads):
            if name in self.steps and self.steps[name].rows_of:
                found += [each for each in self._with_parents(self.steps[name]) if each not in found]
        return [*found, step.relation]

    def _name_kinds(self, connection: duckdb.DuckDBPyConnection) -> None:
        for kind, column in KINDS.items():
            connection.execute(
                f"insert into slice.changed.ids select '{kind}', tenant_id, id"
                f" from slice.changed.ids where kind = '{column}'"
            )

    def _state(self, relation: str) -> State:
        return self.states.get(relation, State(False, False))

    def _show(self, connection: duckdb.DuckDBPyConnection, step: Step) -> None:
        """Lets a step that runs over the set see what it reads: the set's rows where there are any of its own, else the
        whole relation."""
        with self.lock:
            for name in step.reads:
                schema, _, table = name.partition(".")
                there = connection.execute(
                    "select 1 from information_schema.tables where table_catalog = 'slice' and table_schema = ?"
                    " and table_name = ?",
                    [schema, table],
                ).fetchall()
                if not there:
                    source = self.steps.get(name)
                    only = self._of_the_set(source, "r") if source is not None and source.rows_of else ""
                    connection.execute(f"create view slice.{name} as select r.* from {self.main}.{name} r {only}")

    @staticmethod
    def _of_the_set(step: Step, alias: str) -> str:
        return f"semi join slice.changed.ids i on {_same(step, alias)}"

    # Steps

    def _definition(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        states = [self._state(name) for name in step.reads]
        is_sliced = (
            step.kind == "view"
            and bool(step.rows_of)
            and all(state.is_sliced or not state.is_changed for state in states)
        )
        self.states[step.relation] = State(any(state.is_changed for state in states), is_sliced)
        if step.kind == "seed":
            return NodeResult(step.unique_id, "success", "", 0.0, 0)
        if is_sliced and step.relation not in self.laid_out:
            self._show(connection, step)
            self._use(connection, "slice")
            connection.execute(step.sql)
            self._use(connection, self.main)
        return run_step(connection, step)

    def _slice(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        self._use(connection, "slice")
        if step.relation in self.laid_out:
            result = NodeResult(step.unique_id, "success", "", 0.0, 0)
        else:
            self._show(connection, step)
            result = run_step(connection, step)
        if result.status != "success":
            return result
        self._use(connection, self.main)
        name = step.relation
        connection.execute("begin")
        connection.execute(f"delete from {self.main}.{name} as t using slice.changed.ids as i where {_same(step, 't')}")
        connection.execute(
            f"insert into {self.main}.{name} by name select r.* from slice.{name} r {self._of_the_set(step, 'r')}"
        )
        connection.execute("commit")
        self.states[name] = State(True, True)
        return result

    def _whole(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        name = step.relation
        schema, _, table = name.partition(".")
        before = f'slice.before."{schema}__{table}"'
        is_watched = name in self.wanted_as_before
        if is_watched:
            connection.execute(f"create table {before} as from {self.main}.{name}")
        result = run_step(connection, step)
        is_changed = True
        if is_watched and result.status == "success":
            now = f"{self.main}.{name}"
            is_changed = bool(
                connection.execute(
                    f"""select exists(from ((from {before} except all from {now})
                    union all (from {now} except all from {before})))"""
                ).fetchall()[0][0]
            )
        self.states[name] = State(is_changed, False)
        return result

    def _check(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        states = {name: self._state(name) for name in step.reads}
        if not step.is_warning and not any(state.is_changed for state in states.values()):
            return NodeResult(step.unique_id, "pass", "", 0.0, 0)
        if any(state.is_changed for state in states.values()) and all(
            state.is_sliced or name in SAME_FOR_ALL for name, state in states.items()
        ):
            self._show(connection, step)
            self._use(connection, "slice")
        return run_step(connection, step)

    @staticmethod
    def _use(connection: duckdb.DuckDBPyConnection, database: str) -> None:
        connection.execute(f"use {database}")


def _texts(names: Collection[str]) -> str:
    return ", ".join(f"coalesce({name}::varchar, '') as {name}" for name in names)


def _keys_named(rows: str, key: Collection[str], column: str) -> str:
    """SQL: the keys of the rows of which a column names an id of the set."""
    return f"""select tenant_id, {_texts(key)} from {rows} r semi join slice.changed.ids i
        on i.kind = '{column}' and r.tenant_id = i.tenant_id and r.{column} = i.id"""


def _keys_of(relation: str) -> str:
    return f"changed.{relation.replace('.', '_')}"


def _same(step: Step, alias: str) -> str:
    """SQL: that a row is of the set."""
    *kind, column = step.rows_of
    named = f"{alias}.{kind[0]}" if kind else f"'{column}'"
    return f"i.kind = {named} and i.tenant_id = {alias}.tenant_id and i.id = {alias}.{column}"


def forget_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Empties a copied build file of what is computed, so that its space is there for the same tables anew."""
    main = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute(f"use {main}")
    for schema in ("marts", "intermediate", "staging"):
        connection.execute(f"drop schema if exists {main}.{schema} cascade")
    connection.execute(f"checkpoint {main}")
