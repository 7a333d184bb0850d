"""Where Dagster keeps the events of its runs: its own SQLite files, whose connections are kept while they serve.

Dagster's own storage opens a connection for each statement and closes it after. Closing the only connection of a file
in WAL mode copies its log back, syncs both files and removes one; with a thousand events that was half of the time of
a small build. It also asks with each event which tables and columns there are. The `dagster.yaml` of a home names this
class.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import RLock
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event, inspect

INDEX = "index"


class RunLog(SqliteEventLogStorage):
    """Keeps one connection to the index of all runs and one to the run that was asked for last."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept: dict[str, Connection] = {}
        self._there: set[tuple[str, ...]] = set()
        """Tables and columns that were seen; none is ever taken away."""
        self._lock = RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "RunLog":
        """`base_dir` is the instance's folder; the files are where Dagster puts them when nothing is configured."""
        return cls(os.path.join(config_value["base_dir"], "history", "runs"), inst_data)  # noqa: PTH118

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        assert run_id is not None, "events belong to a run"
        return self._transaction(run_id)

    def index_connection(self) -> AbstractContextManager[Connection]:
        return self._transaction(INDEX)

    def has_table(self, table_name: str) -> bool:
        with self.index_connection() as connection:
            return self._is_there((table_name,), lambda: inspect(connection).has_table(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        asked = super()._has_asset_key_col_on_connection
        return self._is_there((AssetKeyTable.name, column_name), lambda: asked(conn, column_name))

    def _is_there(self, name: tuple[str, ...], look: Callable[[], bool]) -> bool:
        if name not in self._there and look():
            self._there.add(name)
        return name in self._there

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """What a run intends, all of its tables and checks, in one transaction of each file."""
        with self.run_connection(events[0].run_id), self.index_connection():
            for each in events:
                self.store_event(each)

    def store_event(self, event: EventLogEntry) -> None:
        """Touches the run's file, which the UI watches: what is written stands in the log beside it for a while."""
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    def dispose(self) -> None:
        super().dispose()
        with self._lock:
            for shard in list(self._kept):
                self._close(shard)

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        with self._lock:
            if shard not in self._kept:
                self._keep(shard)
            connection = self._kept[shard]
            if connection.in_transaction():
                yield connection
            else:
                with connection.begin():
                    yield connection

    def _keep(self, shard: str) -> None:
        """Dagster's own connection makes the file and its tables where they are missing."""
        with self._connect(shard):
            pass
        for other in self._kept.keys() - {INDEX, shard}:
            if not self._kept[other].in_transaction():
                self._close(other)
        self._kept[shard] = _engine(self.conn_string_for_shard(shard)).connect()

    def _close(self, shard: str) -> None:
        connection = self._kept.pop(shard)
        connection.close()
        connection.engine.dispose()


def _engine(url: str) -> Engine:
    """The system's memory takes each commit, the disk takes them now and then: a lost machine may lose run history."""
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def relax(connection: Any, _record: object) -> None:
        connection.execute("pragma synchronous = normal")

    return engine
