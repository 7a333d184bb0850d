"""The record of every training: what was learned from when, how good it was on the holdout, and whether it was let in.

A row is a decision and never changes. The champion of a day is found from the decisions up to that day, so a build as
of the past uses what was trained then.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import duckdb

from models_ml.rows import insert

KINDS = ("forecast", "churn", "deal_win", "lifetime")

Status = Literal["accepted", "refused", "fallback"]

COLUMNS = """
    tenant_id varchar not null, kind varchar not null, subject varchar not null, model_version varchar not null,
    algorithm varchar not null, status varchar not null, trained_at date not null, "window" varchar,
    metrics varchar not null, hash varchar, reason varchar not null
"""


@dataclass(frozen=True)
class Entry:
    """One decision.

    `subject` tells models of one kind and tenant apart (a forecast's "mrr/USD"), else "". `trained_at` is an as-of
    date, `window` the first and last day of what was learned from. `metrics` are those of the holdout. `hash` is the
    model file's, None for a fallback.
    """

    tenant_id: str
    kind: str
    subject: str
    algorithm: str
    status: Status
    trained_at: date
    window: tuple[date, date] | None
    metrics: Mapping[str, float | int | str | None]
    hash: str | None
    reason: str

    @property
    def month(self) -> tuple[int, int]:
        """Year and month of the training."""
        return self.trained_at.year, self.trained_at.month

    @property
    def had_too_little(self) -> bool:
        """Whether nothing was judged, because there was too little to learn from."""
        return self.status == "fallback" and not self.metrics

    @property
    def model_version(self) -> str:
        return f"{self.trained_at}-{self.hash[:8] if self.hash else self.algorithm}"


@dataclass(frozen=True)
class Training:
    """What the user allows: `allowed` False keeps what there is, `again` trains although this month was trained."""

    allowed: bool = True
    again: bool = False


NEVER = "training is switched off"


@dataclass(frozen=True)
class Registry:
    """The decisions of one kind, as they were before this build."""

    kind: str
    entries: tuple[Entry, ...] = ()
    training: Training = field(default_factory=Training)

    def until(self, as_of: date, tenant_id: str, subject: str = "") -> list[Entry]:
        """Decisions up to a day, oldest first."""
        return [entry for entry in self._of.get((tenant_id, subject), ()) if entry.trained_at <= as_of]

    @cached_property
    def _of(self) -> dict[tuple[str, str], list[Entry]]:
        """Of each tenant and subject, oldest first: builds with thousands of models ask for each of them."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in sorted(self.entries, key=lambda entry: entry.trained_at):
            found.setdefault((entry.tenant_id, entry.subject), []).append(entry)
        return found

    def is_due(self, as_of: date, tenant_id: str, subject: str = "") -> bool:
        """Whether this build trains: nothing was decided in the as-of date's month yet, or the user asks for it. Where
        there was too little to learn from, more may have come since."""
        if not self.training.allowed or self.training.again:
            return self.training.allowed
        month = (as_of.year, as_of.month)
        return all(entry.month != month or entry.had_too_little for entry in self.until(as_of, tenant_id, subject))

    def champion(self, as_of: date, tenant_id: str, subject: str = "") -> Entry | None:
        """The model in use on a day: the last accepted one, unless a fallback was decided after it."""
        return _champion(self.until(as_of, tenant_id, subject))

    def incumbent(self, as_of: date, tenant_id: str, subject: str = "") -> Entry | None:
        """Whom a challenger trained on a day meets: training twice on one day does not meet itself."""
        return _champion([one for one in self.until(as_of, tenant_id, subject) if one.trained_at != as_of])

    def decided(self, decisions: Iterable[Entry], as_of: Mapping[str, date]) -> "Registry":
        """With this build's decisions. Those of the same day give way, and of the same month those that had too little;
        those after a tenant's as-of date are left out, and so are tenants without one."""
        new = tuple(decisions)
        replaced = {(entry.tenant_id, entry.subject, entry.trained_at) for entry in new}
        months = {(entry.tenant_id, entry.subject, entry.month) for entry in new}
        kept = tuple(
            entry
            for entry in self.entries
            if entry.tenant_id in as_of
            and entry.trained_at <= as_of[entry.tenant_id]
            and (entry.tenant_id, entry.subject, entry.trained_at) not in replaced
            and not (entry.had_too_little and (entry.tenant_id, entry.subject, entry.month) in months)
        )
        return Registry(self.kind, kept + new, self.training)


def _champion(until: Sequence[Entry]) -> Entry | None:
    for entry in reversed(until):
        if entry.status == "accepted":
            return entry
        if entry.status == "fallback":
            return None
    return None


def read_registry(connection: duckdb.DuckDBPyConnection, kind: str, training: Training, schema: str = "ml") -> Registry:
    """Of a build or of an attached version ("last_version.ml"); without the table it is empty."""
    table = f"{schema}.{kind}_registry"
    try:
        rows = connection.execute(
            f"""select tenant_id, kind, subject, algorithm, status, trained_at, "window", metrics, hash, reason
            from {table} order by tenant_id, subject, trained_at, status, algorithm"""
        ).fetchall()
    except duckdb.CatalogException:
        rows = []
    entries = tuple(
        Entry(tenant, of, subject, algorithm, status, day, _window_of(window), json.loads(metrics), digest, reason)
        for tenant, of, subject, algorithm, status, day, window, metrics, digest, reason in rows
    )
    return Registry(kind, entries, training)


def write_registry(connection: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """`ml.<kind>_registry`, made anew."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create or replace table ml.{registry.kind}_registry ({COLUMNS})")
    insert(connection, f"ml.{registry.kind}_registry", [_row(one) for one in sorted(registry.entries, key=_order)])


def write_all(connection: duckdb.DuckDBPyConnection, kinds: Collection[str] = KINDS) -> list[tuple[str, str, str, str]]:
    """`ml.model_registry`: the registries of all kinds in one table, each row with whether it is the champion of its
    tenant's as-of date. Returns the champions with a file: tenant, kind, subject, hash."""
    connection.execute("create schema if not exists ml")
    connection.execute(f"create or replace table ml.model_registry ({COLUMNS}, is_champion boolean not null)")
    as_of = dict(connection.execute("select tenant_id, as_of from run.tenants").fetchall())
    champions = []
    for kind in kinds:
        registry = read_registry(connection, kind, Training(allowed=False))
        found = (
            registry.champion(as_of[tenant_id], tenant_id, subject)
            for tenant_id, subject in sorted({(entry.tenant_id, entry.subject) for entry in registry.entries})
        )
        in_use = {_day_of(entry): entry for entry in found if entry}
        rows = [(*_row(entry), in_use.get(_day_of(entry)) == entry) for entry in sorted(registry.entries, key=_order)]
        insert(connection, "ml.model_registry", rows)
        champions += [(one.tenant_id, kind, one.subject, one.hash) for one in in_use.values() if one.hash]
    return sorted(champions)


def _day_of(entry: Entry) -> tuple[str, str, date]:
    return entry.tenant_id, entry.subject, entry.trained_at


def _order(entry: Entry) -> tuple[str, str, date, str, str]:
    return (*_day_of(entry), entry.status, entry.algorithm)


def _row(entry: Entry) -> Sequence[object]:
    return (
        entry.tenant_id,
        entry.kind,
        entry.subject,
        entry.model_version,
        entry.algorithm,
        entry.status,
        entry.trained_at,
        "/".join(map(str, entry.window)) if entry.window else None,
        json.dumps(entry.metrics, sort_keys=True),
        entry.hash,
        entry.reason,
    )


def _window_of(text: str | None) -> tuple[date, date] | None:
    if text is None:
        return None
    first, last = text.split("/")
    return date.fromisoformat(first), date.fromisoformat(last)
