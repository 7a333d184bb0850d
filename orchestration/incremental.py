"""Computing again only what changed since the version that a build starts from.

Changed rows name documents, and these name others: the set of documents that hang together is closed under reference.
Models whose `rows_of` is a document run over the raw rows of that set alone, in a small database beside the build file,
with the same SQL; their rows replace the set's in the build file. Models that declare a customer are computed for the
customers whom the documents name, from all of these customers' documents. Everything else that reads something changed
runs whole. Nothing here knows a model by name.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row

import duckdb

from ingestion import changes
from ingestion.contracts import app_tables
from ingestion.lake import literal
from orchestration.dbt_plan import NodeResult, Step, run_step
from orchestration.row_hashes import two_hashes

MOST = 0.5
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
    "write_off_id",
    "modification_id",
)
"""Columns that say of whom or of which document a row is."""
KINDS = {
    "invoice_line": "line_id",
    "obligation": "obligation_id",
    "modification": "modification_id",
    "invoices": "invoice_id",
    "payments": "payment_id",
    "refunds": "refund_id",
    "credit_notes": "credit_note_id",
    "write_offs": "write_off_id",
    "invoice": "invoice_id",
    "void": "invoice_id",
    "payment": "payment_id",
    "allocation": "payment_id",
    "credit_note": "credit_note_id",
    "credit_note_applied": "credit_note_id",
    "write_off": "write_off_id",
    "refund": "refund_id",
    "chargeback": "refund_id",
}
"""What a column that stands beside an id calls the id's kind."""
ALSO_OF = {"raw_app.subscription_periods": "subscriptions", "raw_app.invoice_line_taxes": "invoice_lines"}
"""Raw relations that a union of another name holds, or that hang on one."""
SAME_FOR_ALL = frozenset({"staging.stg_run__tenants", "staging.stg_run__currencies", "staging.stg_run__closed"})
"""What a set's rows may be checked against as if it were the set's own."""
NEAR, WIDE, ALONE = "near", "wide", "alone"
"""Small databases: the changed documents; the customers whom they name, with all their documents; and, for what follows
from that alone, the customers of whom something changed that hangs together with nothing else (a subscription)."""


@dataclass(frozen=True)
class Start:
    """The version that the build file was copied from."""

    home: Path
    since: int
    known_at: int


@dataclass(frozen=True)
class State:
    """Whether a relation may be other than in the version before, whether only the set's rows of it can be, and whether
    all that made it so is alone."""

    is_changed: bool
    is_sliced: bool
    is_alone: bool = True


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
        self.watched = {
            step.relation
            for step in self.steps.values()
            if step.kind == "table"
            and not step.rows_of
            and any(step.relation in other.reads for other in self.steps.values() if other.rows_of)
        }
        """Whole tables that a set's models read: coming out as they were, they count as unchanged."""
        self.states: dict[str, State] = {}
        self.shown: dict[str, set[str]] = {NEAR: set(), WIDE: set(), ALONE: set()}
        """What each small database has: rows of its own, or a view of the build file's."""
        self.laid_out: set[str] = set()
        self.defined: set[str] = set()
        """Views and macros that the copied version has; its SQL is this project's."""
        self.columns: dict[str, list[str]] = {}
        self.of_customers: set[str] = set(IDS)
        """Kinds of ids that sets of customers keep."""
        self.lock = threading.Lock()

    def prepare(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Finds what changed and lays out the raw rows of all documents that hang together with it.

        Raises TooMuchChanged; the build file is as it was then.
        """
        self.main = connection.execute("select current_database()").fetchall()[0][0]
        self.defined = {
            row[0]
            for row in connection.execute(
                """select schema_name || '.' || view_name from duckdb_views() where not internal union all
                select schema_name || '.' || function_name from duckdb_functions() where not internal"""
            ).fetchall()
        }
        schemas = {name.partition(".")[0] for step in self.steps.values() for name in (step.relation, *step.reads)}
        for database in self.shown:
            connection.execute(f"attach {literal(folder / f'{database}.duckdb')} as {database}")
            for schema in sorted({"changed", "before", "intake", *schemas}):
                connection.execute(f"create schema {database}.{schema}")
            connection.execute(
                f"create table {database}.changed.ids (kind varchar, tenant_id varchar, id varchar, found_in varchar)"
            )
        self.of_customers = self._kinds_of_customers(connection)
        changed = changes.changed_relations(self.start.home, self.start.since, self.start.known_at)
        for step in self.steps.values():
            for name in step.reads - self.steps.keys():
                is_sliced = name in self.followed or _is_personal(name)
                union = self.followed.get(name)
                self.states[name] = State(
                    name in changed, is_sliced, union is not None and self._is_alone(connection, union)
                )
        for relation in self.followed:
            self._note_changed_rows(connection, relation, changed.get(relation, []))
        if connection.execute("select exists(from near.changed.ids)").fetchall()[0][0]:
            self._lay_out(connection)
        for database in (WIDE, ALONE):
            connection.execute(
                f"""create table {database}.changed.customers as select tenant_id, id as customer_id
                from {database}.changed.ids where kind = 'customer_id'"""
            )
        for database in self.shown:
            for kind, column in KINDS.items():
                if database != NEAR and kind not in self.of_customers:
                    continue
                connection.execute(
                    f"insert into {database}.changed.ids select '{kind}', tenant_id, id, found_in"
                    f" from {database}.changed.ids where kind = '{column}'"
                )

    def run(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        """One step: kept, computed for its set and put in its place, or computed whole."""
        if step.kind == "test":
            return self._check(connection, step)
        states = [self._state(name) for name in step.reads]
        if step.kind in ("view", "table_macro", "seed"):
            return self._definition(connection, step, states)
        if not any(state.is_changed for state in states):
            self.states[step.relation] = State(False, bool(step.rows_of))
            return _done(step)
        if step.rows_of and all(state.is_sliced or not state.is_changed for state in states):
            return self._for_its_set(connection, step, _are_alone(states))
        return self._whole(connection, step)

    # What changed

    def _followed(self) -> dict[str, Step]:
        """The union that holds each raw relation whose rows are followed to their documents and customers."""
        by_entity = {name.partition("__")[2]: union for union in self.unions for name in union.reads}
        found = {}
        for name in {name for step in self.steps.values() for name in step.reads}:
            schema, _, entity = name.partition(".")
            entity = ALSO_OF.get(name, entity)
            if schema in ("raw_csv", "raw_app") and entity in by_entity and not _is_personal(name):
                found[name] = by_entity[entity]
        return dict(sorted(found.items()))

    def _is_alone(self, connection: duckdb.DuckDBPyConnection, union: Step) -> bool:
        """Whether the union's documents hang together with no others."""
        own = self._links(connection, union)
        others = {name for other in self.unions if other is not union for name in self._links(connection, other)}
        return not _is_of_customers(union) and not others.intersection(own)

    def _columns(self, connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
        if relation not in self.columns:
            described = connection.execute(f"describe {self.main}.{relation}").fetchall()
            self.columns[relation] = [str(row[0]) for row in described]
        return self.columns[relation]

    def _ids(self, connection: duckdb.DuckDBPyConnection, union: Step) -> list[str]:
        """The ids that a union's rows name."""
        return [name for name in self._columns(connection, union.relation) if name in IDS]

    def _links(self, connection: duckdb.DuckDBPyConnection, union: Step) -> list[str]:
        """Those that make documents hang together. All documents of a customer or of a subscription need not be
        computed because one of them is."""
        return [
            name
            for name in self._ids(connection, union)
            if name in union.rows_of or name not in ("customer_id", "subscription_id")
        ]

    def _kinds_of_customers(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Those that lead from one union's documents to another's, and those by which models that are computed for
        customers tell their own rows, or find rows that bear no customer."""
        named = [name for union in self.unions for name in self._ids(connection, union)]
        kinds = {name for name in named if named.count(name) > 1}
        bearing = {
            row[0]
            for row in connection.execute(
                f"""select schema_name || '.' || table_name from duckdb_columns()
                where database_name = '{self.main}' and column_name = 'customer_id'"""
            ).fetchall()
        }
        for step in filter(_is_of_customers, self.steps.values()):
            asked = [self.steps[name] for name in step.reads & self.steps.keys() if name not in bearing]
            for *kind, column in (each.rows_of for each in (step, *asked) if each.rows_of):
                kinds |= {*KINDS, *IDS} if kind else {column}
        return kinds

    def _key(self, connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
        """The parts of a raw relation's key that its union knows."""
        known = self._columns(connection, self.followed[relation].relation)
        return [name for name in changes.key_columns(relation) if name in known]

    def _note_changed_rows(self, connection: duckdb.DuckDBPyConnection, relation: str, parts: Sequence[Row]) -> None:
        """Keeps the changed keys of a relation, and what the rows under them name now or named before."""
        union, keys, key = self.followed[relation], _keys_of(relation), self._key(connection, relation)
        typed = ", ".join(f"{name} varchar" for name in key)
        connection.execute(f"create table {keys} (tenant_id varchar, {typed})")
        if not parts:
            return
        named = [name for name in changes.column_names(relation) if name in IDS]
        query = changes.changed_rows(self.start.home, relation, parts, dict.fromkeys([*key, *named]))
        connection.execute(f"create or replace temp table touched as {query}")
        connection.execute(f"insert into {keys} select distinct tenant_id, {_texts(key)} from touched")
        same_key = " and ".join(f"coalesce(u.{name}::varchar, '') = k.{name}" for name in key)
        before = f"""(select u.* from {self.main}.{union.relation} u
            semi join {keys} k on u.tenant_id = k.tenant_id and {same_key})"""
        for database in (NEAR, ALONE) if self._is_alone(connection, union) else (NEAR,):
            _add(connection, database, "touched", named)
            _add(connection, database, before, self._ids(connection, union))
        if union.rows_of == ("customer_id",):
            self._take_all_documents(connection, keys)

    def _take_all_documents(self, connection: duckdb.DuckDBPyConnection, customers: str) -> None:
        """What a customer's own row says may matter to each of their documents."""
        for union in self.unions:
            named = self._ids(connection, union)
            if "customer_id" in named:
                rows = f"""(select u.* from {self.main}.{union.relation} u
                    semi join {customers} c on u.tenant_id = c.tenant_id and u.customer_id = c.customer_id)"""
                _add(connection, NEAR, rows, named)

    def _lay_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        near = {union: self._links(connection, union) for union in self.unions}
        every = {union: self._ids(connection, union) for union in self.unions}
        while True:
            self._close(connection, NEAR, near)
            connection.execute("insert into wide.changed.ids from near.changed.ids")
            self._close(connection, WIDE, every)
            self._refuse_if_too_many(connection)
            self._lay_out_raw(connection)
            if not self._lay_out_unions(connection):
                self._close(connection, ALONE, every)
                return
            connection.execute("delete from wide.changed.ids")

    def _close(self, connection: duckdb.DuckDBPyConnection, database: str, links: dict[Step, list[str]]) -> None:
        """Adds all that hangs together with the ids, round by round: only what the last round added is followed."""
        ids = f"{database}.changed.ids"
        connection.execute(f"create or replace temp table newest as from {ids}")
        while True:
            connection.execute(f"create or replace temp table known as from {ids}")
            kinds = {row[0] for row in connection.execute("select distinct kind from newest").fetchall()}
            added = sum(
                _add(
                    connection,
                    database,
                    self._named_in(connection, union, named),
                    [name for name in self._ids(connection, union) if database == NEAR or name in self.of_customers],
                    union,
                )
                for union, columns in links.items()
                if (named := [name for name in columns if name in kinds])
            )
            if not added:
                return
            connection.execute(
                f"create or replace temp table newest as from {ids} anti join known using (kind, tenant_id, id)"
            )

    def _named_in(self, connection: duckdb.DuckDBPyConnection, union: Step, columns: Collection[str]) -> str:
        """SQL: the rows that name one of the newest ids in one of these columns. An id that was found in the very row
        whose key it is leads nowhere else."""
        keys = {tuple(self._key(connection, relation)) for relation, of in self.followed.items() if of is union}
        rows = (
            f"""select u.* from {self.main}.{union.relation} u semi join temp.newest i
            on i.kind = '{name}' and u.tenant_id = i.tenant_id and u.{name} = i.id
            {f"and i.found_in is distinct from '{union.relation}'" if keys == {(name,)} else ""}"""
            for name in columns
        )
        return f"({' union all '.join(rows)})"

    def _refuse_if_too_many(self, connection: duckdb.DuckDBPyConnection) -> None:
        concerned = "select count(*) from wide.changed.ids where kind = 'customer_id'"
        customers = connection.execute(concerned).fetchall()[0][0]
        listed = " union ".join(
            f"select tenant_id, customer_id from {self.main}.{union.relation}"
            for union in self.unions
            if "customer_id" in self._columns(connection, union.relation)
        )
        every = connection.execute(f"select count(*) from ({listed})").fetchall()[0][0]
        if customers > max(FEW, MOST * every):
            raise TooMuchChanged(f"{customers:,} of {every:,} customers")

    # The changed documents' own rows

    def _lay_out_raw(self, connection: duckdb.DuckDBPyConnection) -> None:
        with _within(connection, NEAR, self.main):
            for relation, union in self.followed.items():
                if _is_of_customers(union):
                    continue
                key = self._key(connection, relation)
                kept = [f"select tenant_id, {', '.join(key)} from {_keys_of(relation)}"]
                is_stored = changes.is_stored(self.start.home, relation, self.start.known_at)
                for name in self._links(connection, union) if is_stored else ():
                    kept.append(_keys_named(f"{self.main}.{union.relation}", key, name))
                if owner := changes.owner_of(relation):
                    columns = dict.fromkeys([*key, owner])
                    if rows := changes.owned_rows(self.start.home, relation, self.start.known_at, columns):
                        kept.append(_keys_named(f"({rows})", key, owner))
                connection.execute(f"create or replace temp table kept as {' union '.join(kept)}")
                changes.create_slice(connection, self.start.home, self.start.known_at, relation, "temp.kept", key)
                self.shown[NEAR].add(relation)

    def _lay_out_unions(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Makes the unions of the changed documents, and says whether their rows name any that is not among them."""
        added = 0
        with _within(connection, NEAR, self.main):
            for union in self.unions:
                if _is_of_customers(union):
                    continue
                for step in self._with_parents(union):
                    self._show(connection, step, NEAR)
                    connection.execute(step.sql)
                    self.laid_out.add(step.relation)
                    self.shown[NEAR].add(step.relation)
                ids = self._ids(connection, union)
                added += _add(connection, NEAR, f"near.{union.relation}", ids)
                if self._is_alone(connection, union):
                    _add(connection, ALONE, f"near.{union.relation}", ids)
        return added > 0

    def _with_parents(self, step: Step) -> list[Step]:
        """The steps over the changed documents that a step needs, itself last."""
        found: dict[Step, None] = {}
        for name in sorted(step.reads):
            parent = self.steps.get(name)
            if parent is not None and parent.rows_of and not _is_of_customers(parent):
                found |= dict.fromkeys(self._with_parents(parent))
        return [*found, step]

    def _state(self, relation: str) -> State:
        return self.states.get(relation, State(False, False))

    def _show(self, connection: duckdb.DuckDBPyConnection, step: Step, database: str) -> None:
        """Lets a step in a small database see what it reads there: rows that were computed there, else the build file's
        rows of the customers, else the whole relation. The build file is right once the step that makes them ended."""
        with self.lock:
            for name in step.reads - self.shown[database]:
                source = self.steps.get(name)
                only = self._only(connection, source, database) if source is not None and source.rows_of else ""
                connection.execute(f"create view {database}.{name} as select r.* from {self.main}.{name} r {only}")
                self.shown[database].add(name)

    def _only(self, connection: duckdb.DuckDBPyConnection, source: Step, database: str) -> str:
        """SQL: the rows of the build file that a small database shows. Sets of customers are closed, so the rows of
        their documents are those that bear their ids, and to find them so is quicker."""
        if database == NEAR and source.names:
            kind, column = source.names
            return f"""semi join {NEAR}.changed.ids i
                on i.kind = '{kind}' and r.tenant_id = i.tenant_id and r.{column} = i.id"""
        if database == NEAR and not _is_of_customers(source):
            return f"semi join {NEAR}.changed.ids i on {_same(source, 'r')}"
        of = WIDE if database == NEAR else database
        if "customer_id" in self._columns(connection, source.relation):
            return f"semi join {of}.changed.customers i on r.tenant_id = i.tenant_id and r.customer_id = i.customer_id"
        return f"semi join {of}.changed.ids i on {_same(source, 'r')}"

    # Steps

    def _definition(self, connection: duckdb.DuckDBPyConnection, step: Step, states: list[State]) -> NodeResult:
        """A view or macro is the same whatever it reads; a seed is part of the project, which is the same."""
        can_be_sliced = all(state.is_sliced or not state.is_changed for state in states)
        is_sliced = step.kind == "view" and bool(step.rows_of) and can_be_sliced
        self.states[step.relation] = State(any(state.is_changed for state in states), is_sliced, _are_alone(states))
        if step.kind == "seed":
            return _done(step)
        if is_sliced and step.relation not in self.laid_out:
            for database in (WIDE, ALONE) if _is_of_customers(step) else (NEAR,):
                self._show(connection, step, database)
                with _within(connection, database, self.main):
                    connection.execute(step.sql)
                self.shown[database].add(step.relation)
        return _done(step) if step.relation in self.defined else run_step(connection, step)

    def _for_its_set(self, connection: duckdb.DuckDBPyConnection, step: Step, is_alone: bool) -> NodeResult:
        name = step.relation
        database = NEAR if not _is_of_customers(step) else ALONE if is_alone else WIDE
        if name not in self.laid_out:
            self._show(connection, step, database)
            with _within(connection, database, self.main):
                result = run_step(connection, step)
            if result.status != "success":
                return result
            self.shown[database].add(name)
        is_changed = self._put_in_place(connection, step, database)
        self.states[name] = State(is_changed, True, is_alone)
        return _done(step)

    def _put_in_place(self, connection: duckdb.DuckDBPyConnection, step: Step, database: str) -> bool:
        """Makes the set's rows in the build file those that were computed, and says whether any differed.

        Only rows that differ are touched: most of a customer's rows come out as they were, and to write them again
        costs more than to compute them. Rows are compared by two hashes, and how often each stands.
        """
        name = step.relation
        described = connection.execute(f"describe {self.main}.{name}").fetchall()
        one, two = two_hashes((row[0], row[1]) for row in described)
        of_the_set = f"semi join {database}.changed.ids i on {_same(step, 'r')}"
        for version, source in (("old_rows", self.main), ("new_rows", database)):
            connection.execute(
                f"""create or replace temp table {version} as
                select r.rowid as place, {one} as one, {two} as two
                from {source}.{name} r {of_the_set}"""
            )
        connection.execute(
            """create or replace temp table differing as select one, two from (
                select one, two, 1 as times from temp.new_rows union all select one, two, -1 from temp.old_rows
            ) group by all having sum(times) != 0"""
        )
        if not connection.execute("select exists(from temp.differing)").fetchall()[0][0]:
            return False
        touched = "(select place from temp.{} semi join temp.differing using (one, two))"
        if step.names:
            kind, column = step.names
            for version, source in (("old_rows", self.main), ("new_rows", database)):
                connection.execute(
                    f"""insert into near.changed.ids select distinct '{kind}', tenant_id, {column}, '{name}'
                    from {source}.{name} where rowid in {touched.format(version)}"""
                )
        connection.execute("begin")
        connection.execute(f"delete from {self.main}.{name} where rowid in {touched.format('old_rows')}")
        connection.execute(
            f"insert into {self.main}.{name} by name from {database}.{name} where rowid in {touched.format('new_rows')}"
        )
        connection.execute("commit")
        return True

    def _whole(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        now = f"{self.main}.{step.relation}"
        before = f"{WIDE}.before.{step.relation.replace('.', '__')}"
        is_watched = step.relation in self.watched
        if is_watched:
            connection.execute(f"create table {before} as from {now}")
        result = run_step(connection, step)
        is_changed = True
        if is_watched and result.status == "success":
            differs = f"(from {before} except all from {now}) union all (from {now} except all from {before})"
            is_changed = bool(connection.execute(f"select exists(from ({differs}))").fetchall()[0][0])
        self.states[step.relation] = State(is_changed, False, False)
        return result

    def _check(self, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
        states = {name: self._state(name) for name in step.reads}
        is_any_changed = any(state.is_changed for state in states.values())
        if not is_any_changed and not step.is_warning:
            return _done(step)
        if not is_any_changed or not all(state.is_sliced or name in SAME_FOR_ALL for name, state in states.items()):
            return run_step(connection, step)
        is_near = all(name in SAME_FOR_ALL or self._is_near(name) for name in step.reads)
        database = NEAR if is_near else ALONE if _are_alone(states.values()) else WIDE
        self._show(connection, step, database)
        with _within(connection, database, self.main):
            return run_step(connection, step)

    def _is_near(self, relation: str) -> bool:
        return relation in self.steps and not _is_of_customers(self.steps[relation])


@contextmanager
def _within(connection: duckdb.DuckDBPyConnection, database: str, main: str) -> Iterator[None]:
    """Names without a database are those of a small one for a while."""
    connection.execute(f"use {database}")
    try:
        yield
    finally:
        connection.execute(f"use {main}")


def forget_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Empties a copied build file of what is computed, so that its space is there for the same tables anew."""
    main = connection.execute("select current_database()").fetchall()[0][0]
    for schema in ("lineage", "marts", "intermediate", "staging"):
        connection.execute(f"drop schema if exists {main}.{schema} cascade")
    connection.execute(f"checkpoint {main}")


def _done(step: Step) -> NodeResult:
    """A step that has nothing left to do."""
    return NodeResult(step.unique_id, "pass" if step.kind == "test" else "success", "", 0.0, 0)


def _is_personal(relation: str) -> bool:
    schema, _, name = relation.partition(".")
    return schema == "raw_app" and app_tables()[name].personal


def _is_of_customers(step: Step) -> bool:
    return "customer_id" in step.rows_of or step.is_per_customer


def _are_alone(states: Iterable[State]) -> bool:
    """Whether all that changed is alone."""
    return all(state.is_alone or not state.is_changed for state in states)


def _add(
    connection: duckdb.DuckDBPyConnection, database: str, rows: str, columns: Collection[str], union: Step | None = None
) -> int:
    """Adds what the rows, a union's, name in these columns to a set of ids. Returns how many are new."""
    if not columns:
        return 0
    named = " union all ".join(f"select '{name}' as kind, tenant_id, {name} as id from named" for name in columns)
    found_in = f"'{union.relation}'" if union else "null"
    added = connection.execute(
        f"""insert into {database}.changed.ids with named as (from {rows})
        select distinct kind, tenant_id, id, {found_in} from ({named}) n
        anti join {database}.changed.ids using (kind, tenant_id, id) where n.id is not null"""
    ).fetchall()
    return int(added[0][0])


def _texts(names: Collection[str]) -> str:
    return ", ".join(f"coalesce({name}::varchar, '') as {name}" for name in names)


def _keys_named(rows: str, key: Collection[str], column: str) -> str:
    """SQL: the keys of the rows of which a column names a changed document."""
    return f"""select tenant_id, {_texts(key)} from {rows} r semi join near.changed.ids i
        on i.kind = '{column}' and r.tenant_id = i.tenant_id and r.{column} = i.id"""


def _keys_of(relation: str) -> str:
    return f"near.changed.{relation.replace('.', '_')}"


def _same(step: Step, alias: str) -> str:
    """SQL: that a row is of the set whose ids are `i`."""
    *kind, column = step.rows_of
    named = f"{alias}.{kind[0]}" if kind else f"'{column}'"
    return f"i.kind = {named} and i.tenant_id = {alias}.tenant_id and i.id = {alias}.{column}"
