"""Bills of vendors and what is paid on them."""

from datetime import date

from transactional_api.accounting import rules as ledger
from transactional_api.accounting.service import queue
from transactional_api.database import UnitOfWork
from transactional_api.kit.ids import checked_id, id_or_new
from transactional_api.kit.money import checked_minor, exponent
from transactional_api.kit.rows import add
from transactional_api.periods.service import posted_on
from transactional_api.receivables import repository, rules
from transactional_api.receivables.errors import BillNotFound
from transactional_api.receivables.tables import Bill, BillPayment


def create_bill(
    unit: UnitOfWork,
    *,
    vendor_id: str,
    issued_on: date,
    due_on: date,
    amount_minor: int,
    currency: str,
    tax_minor: int = 0,
    category: str | None = None,
    department_id: str | None = None,
    entity_id: str | None = None,
    bill_id: str | None = None,
    system: str | None = None,
) -> Bill:
    """`amount_minor` includes tax."""
    bill_id = id_or_new(bill_id, "bill", "bill_id")
    exponent(currency)
    rules.check_bill(checked_minor(amount_minor, "amount"), tax_minor, issued_on, due_on)
    bill = Bill(
        tenant_id=unit.tenant_id,
        bill_id=bill_id,
        vendor_id=checked_id(vendor_id, "vendor_id"),
        issued_on=issued_on,
        due_on=due_on,
        posted_on=posted_on(unit, issued_on),
        amount_minor=amount_minor,
        tax_minor=tax_minor,
        currency=currency,
        category=category,
        department_id=department_id,
        entity_id=entity_id,
        paid_minor=0,
        payments=[],
    )
    add(unit.session, bill)
    legs = ledger.bill(amount_minor, tax_minor, category)
    journal = ledger.balanced("bill", bill_id, bill.posted_on, currency, legs)
    queue(unit, journal, system, party_id=vendor_id, due_on=due_on)
    return bill


def pay_bill(
    unit: UnitOfWork,
    bill_id: str,
    *,
    paid_on: date,
    amount_minor: int | None = None,
    bill_payment_id: str | None = None,
    system: str | None = None,
) -> Bill:
    """All that is open, or a part of it. Records that money went; it moves none."""
    payment_id = id_or_new(bill_payment_id, "bp", "bill_payment_id")
    bill = repository.bill_locked(unit.session, bill_id)
    if bill is None:
        raise BillNotFound(bill_id)
    open_minor = bill.amount_minor - bill.paid_minor
    asked = (open_minor or 1) if amount_minor is None else amount_minor
    rules.check_bill_payment(bill_id, open_minor, bill.issued_on, asked, paid_on)
    payment = BillPayment(
        tenant_id=unit.tenant_id,
        bill_payment_id=payment_id,
        bill_id=bill_id,
        paid_on=paid_on,
        posted_on=posted_on(unit, paid_on),
        amount_minor=asked,
    )
    add(unit.session, payment)
    bill.paid_minor += asked
    unit.session.flush()
    unit.session.expire(bill, ["payments"])
    legs = ledger.bill_payment(asked)
    journal = ledger.balanced("bill_payment", payment_id, payment.posted_on, bill.currency, legs)
    queue(unit, journal, system, party_id=bill.vendor_id)
    return bill


def get_bill(unit: UnitOfWork, bill_id: str) -> Bill:
    bill = repository.bill(unit.session, bill_id)
    if bill is None:
        raise BillNotFound(bill_id)
    return bill
