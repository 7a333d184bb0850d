"""Sees every write of the core and hands it to the change log; refuses those that it could not see.

Rows are recorded as they are flushed. A statement that writes to a logged table in any other way (bulk DML,
Core, text) would not be recorded, so it is refused before it reaches the database.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Mapper, Session, SessionTransaction, make_transient_to_detached, object_session
from sqlalchemy.orm.attributes import manager_of_class, set_committed_value
from sqlalchemy.orm.base import NO_VALUE

from transactional_api.kit.change_log import ChangeLog, Entry, Image, entity_key, plain
from transactional_api.kit.statements import Prepared, UnloggedWrite, by_key, insert_into, key_values, recorded
from transactional_api.kit.tables import Base

ALL_TENANTS = "*"
Row = TypeVar("Row", bound=Base)
_SEE = Prepared(text("SELECT set_config('revhouse.tenant', :tenant, true)"))


class TenantMixed(RuntimeError):
    """A row of one tenant in the transaction of another. A defect of the caller."""


class BeforeImageUnknown(RuntimeError):
    """A changed row whose former values were never read. A defect of the caller: load the row before changing it."""


class SavepointRefused(RuntimeError):
    """The log is written once per transaction, so that a part of one cannot be taken back."""


class RecordedSession(Session):
    """A session of one tenant. Without a change log it reads only.

    `rows` holds every row that the transaction has read or added, by table and key, pending ones too; `owned` are the
    keys of those that nobody else can change before the commit. Together they spare a query for most lookups. After
    `is_ending`, at the commit, nobody asks the session for a row any more.
    """

    def __init__(self, *args: Any, tenant_id: str | None, log: ChangeLog | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_tenant = tenant_id
        self.log = log
        self.personal: list[tuple[Base, list[str]]] = []
        self.rows: dict[tuple[Any, ...], Base] = {}
        self.owned: set[tuple[Any, ...]] = set()
        self.is_ending = False
        self._put: list[Base] = []
        self._held: Connection | None = None

    def connection(self, *args: Any, **kwargs: Any) -> Connection:
        """That of the transaction, once it has begun: it is asked for at every statement."""
        return self._held or super().connection(*args, **kwargs)

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write pending rows, and record them; only inside of this are logged tables writable."""
        if not (self._put or self.new or self.dirty or self.deleted):
            return
        if self.log is None:
            raise UnloggedWrite("a session that reads only")
        connection = self.connection()
        with recorded(connection):
            self._flush_recorded(connection, self.log, objects)

    def _flush_recorded(self, connection: Connection, log: ChangeLog, objects: Sequence[Any] | None) -> None:
        known = len(log.entries)
        self._insert_new(connection)
        if self.dirty or self.deleted:
            super().flush(objects)
        log.entries[known:] = sorted(log.entries[known:], key=_place)
        for row, fields in self.personal:
            _record_personal(connection, log, row, fields)
        self.personal.clear()
        log.spill(connection)

    def _insert_new(self, connection: Connection) -> None:
        """New rows, in one statement a table. The session's own unit of work finds out what depends on what and asks
        for defaults; here every id is known before, defaults are the code's, and keys are judged at the commit."""
        by_table: dict[type[Base], list[Base]] = {}
        for row in (*self.new, *self._put):
            by_table.setdefault(type(row), []).append(row)
        for table, rows in by_table.items():
            mapper = table.__mapper__
            for row in rows:
                for column in mapper.columns:
                    row.__dict__.setdefault(column.name)  # never set, so NULL: known from now on
                if _is_recorded(self, row):
                    _record(self, mapper, row, "insert", None, _image(mapper, row), _personal_values(row))
            insert_into(table).write(connection, *(row.__dict__ for row in rows))
        put = {id(row) for row in self._put}
        self._put.clear()
        if self.is_ending and not (self.dirty or self.deleted):
            self.expunge_all()
            return
        for rows in by_table.values():
            for row in rows:
                if id(row) not in put:
                    self.expunge(row)
                make_transient_to_detached(row)
                self.add(row)

    def put(self, table: type[Row], values: Mapping[str, Any]) -> Row:
        """A new row with a value for every column, without the constructor and the bookkeeping of `add`: for those
        that come by the thousand. Its collections are empty."""
        row: Row = manager_of_class(table).new_instance()
        row.__dict__.update(values)
        for collection in table.__mapper__.relationships:
            set_committed_value(row, collection.key, [])
        address = row_key(row)
        self.rows[address] = row
        self.owned.add(address)
        self._put.append(row)
        return row

    def take_in(self, table: type[Row], values: Mapping[str, Any]) -> Row:
        """A row as if the session had read it itself."""
        row: Row = manager_of_class(table).new_instance()
        row.__dict__.update(values)
        make_transient_to_detached(row)
        self.add(row)
        return row

    def hold_tenant(self) -> None:
        """Wait for, and then keep until the end of the transaction, the sole right to write for this tenant."""
        assert self.log is not None
        connection = self.connection()
        with recorded(connection):
            self.log.hold_head(connection)


def see_tenant(connection: Connection, tenant_id: str) -> None:
    """Until the transaction ends, row security on PostgreSQL shows this tenant's rows only; `*` shows those of all."""
    if connection.dialect.name == "postgresql":
        _SEE.write(connection, {"tenant": tenant_id})


@event.listens_for(RecordedSession, "after_begin")
def _wall(session: RecordedSession, _transaction: SessionTransaction, connection: Connection) -> None:
    session._held = connection
    see_tenant(connection, session.of_tenant or "")


@event.listens_for(RecordedSession, "after_transaction_end")
def _let_go(session: RecordedSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session._held = None


@event.listens_for(RecordedSession, "after_transaction_create")
def _refuse_savepoints(_session: RecordedSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        raise SavepointRefused("savepoints are not used in the core")


@event.listens_for(RecordedSession, "before_attach")
def _give_tenant(session: RecordedSession, row: Base) -> None:
    """A row that names no tenant belongs to the session's; one that names another is refused when it is written."""
    if row.tenant_id is None:
        row.tenant_id = session.of_tenant or ""


@event.listens_for(RecordedSession, "transient_to_pending")
def _added(session: RecordedSession, row: Base) -> None:
    session.rows[row_key(row)] = row
    session.owned.add(row_key(row))


@event.listens_for(RecordedSession, "detached_to_persistent")
@event.listens_for(RecordedSession, "loaded_as_persistent")
def _loaded(session: RecordedSession, row: Base) -> None:
    session.rows[row_key(row)] = row


@event.listens_for(RecordedSession, "persistent_to_deleted")
@event.listens_for(RecordedSession, "pending_to_transient")
def _gone(session: RecordedSession, row: Base) -> None:
    session.rows.pop(row_key(row), None)


@event.listens_for(RecordedSession, "after_soft_rollback")
def _forget(session: RecordedSession, _previous: SessionTransaction) -> None:
    session.personal.clear()
    session._put.clear()
    if session.log is not None:
        session.log.forget()


@event.listens_for(RecordedSession, "before_commit")
def _append(session: RecordedSession) -> None:
    session.is_ending = True
    session.flush()
    if session.log is not None and session.log.entries:
        connection = session.connection()
        with recorded(connection):
            session.log.write(connection)


@event.listens_for(Base, "after_update", propagate=True)
def _updated(mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    session = object_session(row)
    if not _is_recorded(session, row):
        return
    after = _image(mapper, row)
    before = dict(after)
    personal = []
    for name, value in row._sa_instance_state.committed_state.items():  # type: ignore[attr-defined]
        if name not in before and name not in row.personal_columns:
            continue
        if value is NO_VALUE:
            raise BeforeImageUnknown(f"{type(row).__name__}.{name} was set without having been read")
        if name in before:
            before[name] = plain(value)
        elif value != getattr(row, name):
            personal.append(name)
    if before != after or personal:
        _record(session, mapper, row, "update", before, after, personal)


@event.listens_for(Base, "after_delete", propagate=True)
def _deleted(mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    session = object_session(row)
    if _is_recorded(session, row):
        _record(session, mapper, row, "delete", _image(mapper, row), None, _personal_values(row))


def row_key(row: Base, tenant_id: str | None = None) -> tuple[Any, ...]:
    """The table, and the values of its key; `tenant_id` stands in for that of a row which has none yet."""
    tenant, *rest = row.__mapper__.primary_key
    return (type(row), getattr(row, tenant.name) or tenant_id, *(getattr(row, column.name) for column in rest))


def _place(entry: Entry) -> int:
    """Within a flush the log reads as if owners were written before what they own, and removed after it."""
    tables = _table_order()
    return -tables[entry.entity] if entry.operation == "delete" else tables[entry.entity]


@lru_cache(maxsize=1)
def _table_order() -> dict[str, int]:
    return {table.name: at for at, table in enumerate(Base.metadata.sorted_tables, start=1)}


def _image(mapper: Mapper[Any], row: Base) -> Image:
    values = row.__dict__
    try:
        return {name: plain(values[name]) for name in _column_names(mapper)}
    except KeyError as missing:
        raise BeforeImageUnknown(f"{type(row).__name__}.{missing.args[0]} was not read") from missing


_names: dict[Mapper[Any], tuple[str, ...]] = {}


def _column_names(mapper: Mapper[Any]) -> tuple[str, ...]:
    names = _names.get(mapper)
    if names is None:
        hidden = {"tenant_id"} if mapper.class_.personal_to else {"tenant_id", *mapper.class_.personal_columns}
        names = tuple(column.name for column in mapper.columns if column.name not in hidden)
        _names[mapper] = names
    return names


def _personal_values(row: Base) -> list[str]:
    return [name for name in row.personal_columns if row.__dict__.get(name) is not None]


def _is_recorded(session: Session | None, row: Base) -> bool:
    """Whether the log is told. A row of another tenant is refused either way."""
    if not isinstance(session, RecordedSession) or session.log is None:
        raise UnloggedWrite(row.__tablename__)
    if row.tenant_id != session.of_tenant:
        raise TenantMixed(f"a row of tenant {row.tenant_id!r} in a transaction of {session.of_tenant!r}")
    return row.is_logged or row.personal_to is not None


def _record(
    session: Session | None,
    mapper: Mapper[Any],
    row: Base,
    operation: str,
    before: Image | None,
    after: Image | None,
    personal: list[str],
) -> None:
    assert isinstance(session, RecordedSession) and session.log is not None
    if row.personal_to is not None:
        changed = [name for name in row.personal_columns if (before or {}).get(name) != (after or {}).get(name)]
        if changed:
            session.personal.append((row, changed))
    else:
        key = entity_key(getattr(row, column.name) for column in mapper.primary_key if column.name != "tenant_id")
        session.log.append(Entry(row.__tablename__, key, operation, before, after, sorted(personal)))


def _record_personal(connection: Connection, log: ChangeLog, row: Base, fields: list[str]) -> None:
    """Name the fields on the owner's entry of this flush, or on an entry of its own that shows the owner unchanged."""
    owner = next(mapper for mapper in Base.registry.mappers if mapper.class_.__tablename__ == row.personal_to)
    names = [column.name for column in owner.primary_key]
    key = entity_key(getattr(row, name) for name in names if name != "tenant_id")
    entry = log.latest(str(row.personal_to), key)
    if entry is not None:
        entry.personal_fields = sorted({*entry.personal_fields, *fields})
        return
    table: Any = owner.class_
    [values] = by_key(table).rows(connection, key_values(getattr(row, name) for name in names))
    image = {name: plain(values[name]) for name in _column_names(owner)}
    log.append(Entry(str(row.personal_to), key, "update", image, image, sorted(fields)))
