"""Receivables that are made directly, and the steps by which what is overdue is collected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from transactional_api.database import UnitOfWork
from transactional_api.invoices import repository as invoices
from transactional_api.invoices import rules as invoice_rules
from transactional_api.invoices.errors import WrongInvoiceState
from transactional_api.invoices.service import (
    get_invoice,
    locked_invoice,
    post_invoice,
    stage_invoice,
    total_minor,
)
from transactional_api.invoices.tables import Invoice
from transactional_api.kit.clock import shifted
from transactional_api.kit.errors import ValueRefused
from transactional_api.kit.rows import add, remove
from transactional_api.receivables import repository, rules
from transactional_api.receivables.balance import is_disputed, outstanding_minor
from transactional_api.receivables.errors import InvoiceDisputed
from transactional_api.receivables.rules import DEFAULT_STEPS, Step
from transactional_api.receivables.tables import CollectionStep, DunningStep


@dataclass(frozen=True)
class Standing:
    """Where an invoice stands: `next_step` is null when none is left."""

    invoice: Invoice
    outstanding_minor: int
    due_since: date
    is_disputed: bool
    taken: Sequence[CollectionStep]
    next_step: Step | None


def create_receivable(unit: UnitOfWork, *, number: str | None, system: str | None, **invoice: Any) -> Invoice:
    """An invoice that is posted at once, without an approval."""
    staged = stage_invoice(unit, **invoice)
    return post_invoice(unit, staged.invoice_id, number=number, system=system, needs_approval=False)


def steps_of(unit: UnitOfWork) -> list[Step]:
    """The tenant's own, else the defaults."""
    own = [Step(row.step_no, row.days_overdue, row.action) for row in repository.dunning_steps(unit.session)]
    return own or list(DEFAULT_STEPS)


def set_steps(unit: UnitOfWork, wanted: Sequence[tuple[int, str]]) -> list[Step]:
    """Days overdue and action of each, in order; the whole list at once. An empty one brings the defaults back."""
    rules.check_steps([days for days, _ in wanted])
    unit.session.hold_tenant()
    for row in repository.dunning_steps(unit.session):
        remove(unit.session, row)
    for number, (days, action) in enumerate(wanted, start=1):
        add(unit.session, DunningStep(step_no=number, days_overdue=days, action=action))
    unit.session.flush()
    return steps_of(unit)


def standing(unit: UnitOfWork, invoice_id: str, invoice: Invoice | None = None) -> Standing:
    invoice = invoice or get_invoice(unit, invoice_id)
    is_owed = invoice.status == invoice_rules.POSTED
    outstanding = outstanding_minor(unit, invoice) if is_owed else 0
    parts = [(row.due_on, row.amount_minor) for row in invoices.instalments(unit.session, invoice_id)]
    taken = repository.steps_taken(unit.session, invoice_id)
    last = taken[-1].step_no if taken else 0
    return Standing(
        invoice,
        outstanding,
        rules.overdue_since(invoice.due_on, parts, total_minor(invoice) - outstanding),
        is_disputed(unit, invoice),
        taken,
        rules.next_step(steps_of(unit), last),
    )


def take_step(unit: UnitOfWork, invoice_id: str, *, taken_on: date, note: str | None = None) -> Standing:
    """The next step, if it is due. What is paid or disputed is left alone."""
    invoice = locked_invoice(unit, invoice_id)
    if invoice.status != invoice_rules.POSTED:
        raise WrongInvoiceState(invoice_id, invoice.status, "collected")
    if taken_on > shifted(unit.now.date(), 1):  # somewhere it is tomorrow already
        raise ValueRefused("a step that was not taken yet", "taken_on")
    now = standing(unit, invoice_id, invoice)
    if now.is_disputed:
        raise InvoiceDisputed(invoice_id)
    last_on = now.taken[-1].taken_on if now.taken else None
    step = rules.check_step(invoice_id, now.next_step, now.outstanding_minor, now.due_since, last_on, taken_on)
    row = CollectionStep(
        invoice_id=invoice_id,
        step_no=step.step_no,
        action=step.action,
        taken_on=taken_on,
        days_overdue=(taken_on - now.due_since).days,
        outstanding_minor=now.outstanding_minor,
        currency=invoice.currency,
        note=note,
    )
    add(unit.session, row)
    unit.session.flush()
    return standing(unit, invoice_id, invoice)
