"""Who is to be erased, and how far the intake has followed.

A request stays for good: rows of the same customer that come in later (a monthly export that still names the person)
are blanked with the next build as well. `applied_seq` is the last place of the sequence that it was applied to, null
before the first time; `finished` says that no older version or log with a value is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.journal import Journal


@dataclass(frozen=True)
class Request:
    """One erasure of a customer, under the id that the core (or the command) gave it."""

    tenant_id: str
    customer_id: str
    erasure_id: str


@dataclass(frozen=True)
class Followed:
    """A request, and how far it was followed."""

    request: Request
    applied_seq: int | None
    is_finished: bool


def requests_of(journal: Journal) -> list[Followed]:
    return [
        Followed(
            Request(row["tenant_id"], row["customer_id"], row["erasure_id"]), row["applied_seq"], bool(row["finished"])
        )
        for row in journal.rows("select * from erasures order by tenant_id, erasure_id")
    ]


def note(journal: Journal, wanted: Iterable[Request]) -> None:
    """Takes requests on record; those that are known stay as they are."""
    with journal.writing() as db:
        db.executemany(
            "insert or ignore into erasures (tenant_id, customer_id, erasure_id) values (?, ?, ?)",
            [(one.tenant_id, one.customer_id, one.erasure_id) for one in wanted],
        )


def unfinished(journal: Journal) -> list[Followed]:
    return [one for one in requests_of(journal) if not one.is_finished]


def finish(journal: Journal, done: Iterable[Followed]) -> None:
    with journal.writing() as db:
        db.executemany(
            "update erasures set finished = 1 where tenant_id = ? and erasure_id = ?",
            [(one.request.tenant_id, one.request.erasure_id) for one in done],
        )
