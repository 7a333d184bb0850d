"""What can be done for the ledger: map accounts, put a journal on its way, try a failed one again."""

import hashlib
import json
from datetime import date
from typing import Any

from transactional_api.accounting import repository
from transactional_api.accounting.connectors.port import AccountLine, Document
from transactional_api.accounting.errors import PostingNotFailed, PostingNotFound
from transactional_api.accounting.rules import ANY, DEFAULT_ACCOUNTS, Journal
from transactional_api.accounting.tables import AccountingPosting, GlMapping
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import id_or_new
from transactional_api.kit.rows import add
from transactional_api.kit.statements import insert_into

_ACCOUNTS = "gl_accounts"
Accounts = dict[tuple[str, str], tuple[str, str]]
_DEFAULTS: Accounts = {(purpose, ANY): account for purpose, account in DEFAULT_ACCOUNTS.items()}


def accounts(unit: UnitOfWork) -> Accounts:
    """Number and name of the account by purpose and detail; the tenant's own before the defaults."""
    known: Accounts | None = unit.session.info.get(_ACCOUNTS)
    if known is None:
        known = dict(_DEFAULTS)
        for row in repository.mappings(unit.session):
            known[row.purpose, row.detail] = (row.account, row.account_name)
        unit.session.info[_ACCOUNTS] = known
    return known


def map_account(unit: UnitOfWork, purpose: str, *, detail: str, account: str, account_name: str) -> GlMapping:
    """From now on; what was posted keeps the account that it was posted to."""
    unit.session.hold_tenant()
    unit.session.info.pop(_ACCOUNTS, None)
    row = repository.mapping(unit.session, purpose, detail)
    if row is None:
        row = GlMapping(purpose=purpose, detail=detail, account=account, account_name=account_name)
        add(unit.session, row)
    row.account, row.account_name = account, account_name
    return row


def lines_of(unit: UnitOfWork, journal: Journal) -> tuple[AccountLine, ...]:
    """The journal in the tenant's own accounts."""
    known = accounts(unit)
    lines = []
    for leg in journal.legs:
        account, name = _account(known, leg.purpose, leg.detail)
        lines.append(AccountLine(leg.purpose, leg.detail, account, name, leg.debit_minor, leg.credit_minor))
    return tuple(lines)


def with_accounts(unit: UnitOfWork, posting: AccountingPosting) -> str:
    """Its `document_json` when it is carried for the first time: written without accounts, it gets those of now."""
    facts = json.loads(posting.document_json)
    known = accounts(unit)
    for line in facts["lines"]:
        if line[2] is None:
            line[2:4] = _account(known, line[0], line[1])
    return json.dumps(facts, separators=(",", ":"))


def queue(
    unit: UnitOfWork,
    journal: Journal,
    system: str | None,
    *,
    party_id: str | None = None,
    number: str | None = None,
    due_on: date | None = None,
    reverses: AccountingPosting | None = None,
    is_mapped_later: bool = False,
) -> str | None:
    """Put the journal on its way in the transaction of its document; returns its id. None without a system (its books
    have it already), or where there is nothing to book. A reversal goes where its original went. `is_mapped_later`
    spares the query for the accounts: they are those of the moment in which the journal is carried (see
    `with_accounts`)."""
    if reverses is not None:
        system = reverses.system
    if system is None or not journal.legs:
        return None
    reference = reference_of(system, unit.tenant_id, journal.kind, journal.document_id)
    facts: dict[str, Any] = {
        "party_id": party_id,
        "number": number,
        "due_on": due_on.isoformat() if due_on else None,
        "lines": [[leg.purpose, leg.detail, None, None, leg.debit_minor, leg.credit_minor] for leg in journal.legs]
        if is_mapped_later
        else [list(vars(line).values()) for line in lines_of(unit, journal)],
    }
    row = {
        "tenant_id": unit.tenant_id,
        "posting_id": id_or_new(None, "gl", "posting_id"),
        "document_kind": journal.kind,
        "document_id": journal.document_id,
        "system": system,
        "reference": reference,
        "reverses": reverses.posting_id if reverses is not None else None,
        "posted_on": journal.posted_on,
        "currency": journal.currency,
        "document_json": json.dumps(facts, separators=(",", ":")),
        "status": "pending",
        "attempts": 0,
        "next_attempt_at": unit.now,
        "last_error": None,
        "external_id": None,
        "created_at": unit.now,
        "posted_at": None,
    }
    insert_into(AccountingPosting).write(unit.session.connection(), row)
    return str(row["posting_id"])


def document_of(
    posting: AccountingPosting, known: Accounts | None = None, document_json: str | None = None
) -> Document:
    """What the connector is given; `known` are the accounts for lines that have none yet."""
    facts = json.loads(document_json or posting.document_json)
    lines = []
    for purpose, detail, *account, debit_minor, credit_minor in facts["lines"]:
        number, name = account if account[0] is not None else _account(known or _DEFAULTS, purpose, detail)
        lines.append(AccountLine(purpose, detail, number, name, debit_minor, credit_minor))
    return Document(
        kind=posting.document_kind,
        document_id=posting.document_id,
        reference=posting.reference,
        posted_on=posting.posted_on,
        currency=posting.currency,
        party_id=facts["party_id"],
        number=facts["number"],
        due_on=date.fromisoformat(facts["due_on"]) if facts["due_on"] else None,
        lines=tuple(lines),
    )


def try_again(unit: UnitOfWork, posting_id: str) -> AccountingPosting:
    """A document that the system refused is sent again as it is, once its reason is gone."""
    posting = repository.posting_locked(unit.session, posting_id)
    if posting is None:
        raise PostingNotFound(posting_id)
    if posting.status != "failed":
        raise PostingNotFailed(posting_id, posting.status)
    posting.status = "pending"
    posting.next_attempt_at = unit.now
    return posting


def reference_of(system: str, tenant_id: str, kind: str, document_id: str) -> str:
    """The same for every attempt, and telling nothing about the tenant."""
    return hashlib.sha256(f"{system}\x1f{tenant_id}\x1f{kind}\x1f{document_id}".encode()).hexdigest()[:32]


def _account(known: Accounts, purpose: str, detail: str | None) -> tuple[str, str]:
    return known.get((purpose, detail or ANY)) or known[purpose, ANY]
