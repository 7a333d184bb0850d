"""Accounts and postings on the wire."""

from typing import Literal

from pydantic import Field

from transactional_api.accounting.connectors.port import AccountLine
from transactional_api.accounting.rules import ANY
from transactional_api.accounting.service import Accounts, document_of
from transactional_api.accounting.tables import AccountingPosting
from transactional_api.kit.http import Body, DayText, Id, InstantText, Result, Words
from transactional_api.kit.money import to_text

Purpose = Literal[
    "receivable",
    "cash",
    "contract_asset",
    "payable",
    "tax_payable",
    "input_tax",
    "deferred_revenue",
    "revenue",
    "refunds_and_credits",
    "bad_debt",
    "expense",
    "unapplied_payments",
]
Status = Literal["pending", "posted", "failed"]


class MappingIn(Body):
    account: Id
    account_name: Words
    detail: Id = Field(ANY, description="A product of revenue, a category of expenses; * is all others.")


class MappingOut(Result):
    purpose: str
    detail: str
    account: str
    account_name: str


class MappingsOut(Result):
    """The accounts that hold now, the defaults among them."""

    items: list[MappingOut]

    @classmethod
    def of(cls, accounts: Accounts) -> "MappingsOut":
        rows = [
            MappingOut(purpose=purpose, detail=detail, account=account, account_name=name)
            for (purpose, detail), (account, name) in sorted(accounts.items())
        ]
        return cls(items=rows)


class JournalLineOut(Result):
    account: str
    account_name: str
    purpose: str
    detail: str | None
    debit: str
    credit: str

    @classmethod
    def of(cls, line: AccountLine, currency: str) -> "JournalLineOut":
        return cls(
            account=line.account,
            account_name=line.account_name,
            purpose=line.purpose,
            detail=line.detail,
            debit=to_text(line.debit_minor, currency),
            credit=to_text(line.credit_minor, currency),
        )


class PostingOut(Result):
    """`reference` is what the system knows the document by; `external_id` is its own. `number` is the number of an
    invoice, or the payment of an allocation, refund or charge-back."""

    posting_id: str
    document_kind: str
    document_id: str
    number: str | None
    system: str
    reference: str
    reverses: str | None
    posted_on: DayText
    currency: str
    status: Status
    attempts: int
    last_error: str | None
    external_id: str | None
    created_at: InstantText
    posted_at: InstantText | None
    lines: list[JournalLineOut]

    @classmethod
    def of(cls, posting: AccountingPosting, known: Accounts | None = None) -> "PostingOut":
        """`known` are the accounts that hold now, for what is not on its way yet."""
        facts = {name: getattr(posting, name) for name in cls.model_fields if name not in ("lines", "number")}
        document = document_of(posting, known)
        lines = [JournalLineOut.of(line, posting.currency) for line in document.lines]
        return cls.model_validate(facts | {"number": document.number, "lines": lines})
