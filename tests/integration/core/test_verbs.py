"""The verbs of the services on real databases: what they write, and which laws they hold."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transactional_api.customers.errors import CustomerIsItsOwnParent, CustomerNotFound, TimeZoneUnknown
from transactional_api.customers.service import change_customer, create_customer, get_customer
from transactional_api.database import Database
from transactional_api.deals import service as deals
from transactional_api.deals.errors import DealClosed, SameStage, StageOutOfOrder, StageRefused
from transactional_api.invoices import service as invoices
from transactional_api.invoices.errors import CurrencyDiffers, CustomerDiffers, WrongInvoiceState
from transactional_api.invoices.rules import NewLine
from transactional_api.kit.errors import DomainError, KeyTaken
from transactional_api.kit.ids import IdRefused
from transactional_api.kit.money import CurrencyUnknown
from transactional_api.payments import service as payments
from transactional_api.payments.errors import (
    AllocationCrossesCurrencies,
    AllocationExceedsInvoice,
    AllocationExceedsPayment,
    InvoiceNotOpen,
    WrongPaymentState,
)
from transactional_api.products.errors import ProductNotFound
from transactional_api.subscriptions import service as subscriptions
from transactional_api.subscriptions.errors import AlreadyCancelled
from transactional_api.subscriptions.rules import Period

DAY = date(2026, 1, 1)
AT = datetime(2026, 1, 1, 9, tzinfo=UTC)


def post(database: Database, invoice_id: str, minor: int, currency: str = "USD", customer_id: str = "C1") -> None:
    with database.transaction("acme", "test") as unit:
        invoices.stage_invoice(
            unit,
            invoice_id=invoice_id,
            customer_id=customer_id,
            issued_on=DAY,
            due_on=DAY,
            currency=currency,
            lines=[NewLine(minor)],
        )
        invoices.post_invoice(unit, invoice_id, needs_approval=False)


def pay(database: Database, payment_id: str, minor: int, currency: str = "USD", status: str = "succeeded") -> None:
    with database.transaction("acme", "test") as unit:
        payments.record_payment(
            unit,
            payment_id=payment_id,
            customer_id="C1",
            received_on=DAY,
            amount_minor=minor,
            currency=currency,
            status=status,
        )


def allocate(database: Database, payment_id: str, invoice_id: str, minor: int, on: date = DAY) -> None:
    with database.transaction("acme", "test") as unit:
        payments.allocate(unit, payment_id, invoice_id, allocated_on=on, amount_minor=minor)


def test_a_customer_is_changed_field_by_field(database: Database, customer: str) -> None:
    with database.transaction("acme", "test") as unit:
        change_customer(unit, customer, {"country": "DE", "email": "ada@example"})
    with database.read("acme") as unit:
        row = get_customer(unit, customer)
        assert (row.country, row.profile.email, row.profile.name, row.currency) == ("DE", "ada@example", "Ada", "USD")


def test_a_customer_never_stands_above_itself(database: Database, customer: str) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C2", name="x", created_on=DAY, parent_customer_id=customer)
    with pytest.raises(CustomerIsItsOwnParent), database.transaction("acme", "test") as unit:
        change_customer(unit, customer, {"parent_customer_id": "C2"})


def test_a_customer_in_no_known_currency_zone_or_id_is_refused(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        with pytest.raises(CurrencyUnknown):
            create_customer(unit, name="x", created_on=DAY, currency="ZZZ")
        with pytest.raises(TimeZoneUnknown):
            create_customer(unit, name="x", created_on=DAY, time_zone="Mars/Base")
        with pytest.raises(IdRefused):
            create_customer(unit, name="x", created_on=DAY, customer_id="a\x1fb")
        with pytest.raises(CustomerNotFound):
            create_customer(unit, name="x", created_on=DAY, parent_customer_id="nobody")


def test_a_subscription_lives_from_start_to_cancellation(database: Database, customer: str) -> None:
    with database.transaction("acme", "test") as unit:
        subscriptions.start_subscription(
            unit,
            subscription_id="S1",
            customer_id=customer,
            currency="USD",
            items=[Period("seats", DAY, "month", 2900), Period("support", date(2026, 9, 1), "month", 500)],
        )
    with database.transaction("acme", "test") as unit:
        subscriptions.change_terms(unit, "S1", "seats", effective_on=date(2026, 3, 1), quantity=Decimal(3))
    with database.transaction("acme", "test") as unit:
        subscriptions.pause(unit, "S1", paused_from=date(2026, 4, 1))
        subscriptions.resume(unit, "S1", resumed_on=date(2026, 5, 1))
    with database.transaction("acme", "test") as unit:
        subscriptions.cancel(unit, "S1", ended_on=date(2026, 7, 1), requested_on=date(2026, 6, 10))
    with database.read("acme") as unit:
        row = subscriptions.get_subscription(unit, "S1")
        assert [
            (p.item_id, p.started_on, p.ended_on, p.quantity, p.paused_from, p.paused_until) for p in row.periods
        ] == [
            ("seats", DAY, date(2026, 3, 1), 1, None, None),
            ("seats", date(2026, 3, 1), date(2026, 7, 1), 3, date(2026, 4, 1), date(2026, 5, 1)),
        ]
        assert (row.churn_reason, row.cancel_requested_on) == ("voluntary", date(2026, 6, 10))
    with pytest.raises(AlreadyCancelled), database.transaction("acme", "test") as unit:
        subscriptions.pause(unit, "S1", paused_from=date(2026, 6, 1))


def test_a_subscription_names_only_products_that_exist(database: Database, customer: str) -> None:
    with pytest.raises(ProductNotFound) as refused, database.transaction("acme", "test") as unit:
        subscriptions.start_subscription(
            unit, customer_id=customer, currency="USD", items=[Period("i", DAY, "month", 1, product_id="none")]
        )
    assert refused.value.field == "items.0.product_id"


def test_a_deal_keeps_the_history_of_its_stages(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        deals.create_deal(unit, deal_id="D1", created_at=AT, stage="qualified")
        deals.touch(unit, "D1", touched_at=AT + timedelta(hours=2))
        deals.touch(unit, "D1", touched_at=AT + timedelta(hours=1))
    with database.transaction("acme", "test") as unit:
        deals.move_to_stage(unit, "D1", "proposal", entered_at=AT + timedelta(days=1))
    with database.transaction("acme", "test") as unit:
        closed_at = AT + timedelta(days=2)
        deals.close_won(unit, "D1", closed_at=closed_at, closed_on=closed_at.date(), reason="price")
    with database.read("acme") as unit:
        deal = deals.get_deal(unit, "D1")
        assert [(row.stage_no, row.stage) for row in deal.stages] == [(1, "qualified"), (2, "proposal"), (3, "won")]
        assert deal.first_touch_at == AT + timedelta(hours=1)
        assert (deal.stage, deal.closed_on) == ("won", date(2026, 1, 3))
    with pytest.raises(DealClosed), database.transaction("acme", "test") as unit:
        deals.move_to_stage(unit, "D1", "proposal", entered_at=AT + timedelta(days=3))


def test_a_deal_moves_forward_in_time_and_closes_only_by_being_closed(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        deals.create_deal(unit, deal_id="D1", created_at=AT, stage="qualified")
        with pytest.raises(StageOutOfOrder):
            deals.move_to_stage(unit, "D1", "proposal", entered_at=AT - timedelta(seconds=1))
        with pytest.raises(SameStage):
            deals.move_to_stage(unit, "D1", "qualified", entered_at=AT)
        with pytest.raises(StageRefused):
            deals.move_to_stage(unit, "D1", "won", entered_at=AT)


def test_posted_invoices_are_numbered_without_gaps(database: Database, customer: str) -> None:
    for number in range(3):
        post(database, f"I{number}", 100)
    with pytest.raises(WrongInvoiceState), database.transaction("acme", "test") as unit:
        invoices.post_invoice(unit, "I0", needs_approval=False)
    with database.transaction("acme", "test") as unit:
        for number in range(3, 6):
            invoices.stage_invoice(
                unit,
                invoice_id=f"I{number}",
                customer_id=customer,
                issued_on=DAY,
                due_on=DAY,
                currency="USD",
                lines=[NewLine(1)],
            )
            invoices.post_invoice(unit, f"I{number}", number="A-1" if number == 4 else None, needs_approval=False)
    with database.read("acme") as unit:
        numbers = [invoices.get_invoice(unit, f"I{number}").number for number in range(6)]
    assert numbers == [f"INV-0000000{n}" for n in (1, 2, 3, 4)] + ["A-1", "INV-00000005"]
    with pytest.raises(KeyTaken) as refused, database.transaction("acme", "test") as unit:
        invoices.stage_invoice(
            unit, invoice_id="I9", customer_id=customer, issued_on=DAY, due_on=DAY, currency="USD", lines=[NewLine(1)]
        )
        invoices.post_invoice(unit, "I9", number="A-1", needs_approval=False)
    assert refused.value.field == "number"


def test_an_invoice_agrees_with_its_subscription(database: Database, customer: str) -> None:
    with database.transaction("acme", "test") as unit:
        create_customer(unit, customer_id="C2", name="x", created_on=DAY)
        subscriptions.start_subscription(
            unit, subscription_id="S1", customer_id=customer, currency="USD", items=[Period("i", DAY, "month", 1)]
        )
        for wrong, currency, error in (("C2", "USD", CustomerDiffers), (customer, "EUR", CurrencyDiffers)):
            with pytest.raises(error):
                invoices.stage_invoice(
                    unit,
                    customer_id=wrong,
                    subscription_id="S1",
                    issued_on=DAY,
                    due_on=DAY,
                    currency=currency,
                    lines=[NewLine(1)],
                )


def test_a_void_keeps_what_was_allocated_and_takes_no_more(database: Database, customer: str) -> None:
    post(database, "I1", 100)
    pay(database, "P1", 100)
    allocate(database, "P1", "I1", 60)
    with database.transaction("acme", "test") as unit:
        invoices.void_invoice(unit, "I1", voided_on=date(2026, 1, 5))
    with pytest.raises(InvoiceNotOpen):
        allocate(database, "P1", "I1", 10, date(2026, 1, 6))
    with database.read("acme") as unit:
        assert sum(row.amount_minor for row in payments.get_payment(unit, "P1").allocations) == 60


def test_each_limit_of_an_allocation_is_a_law_of_its_own(database: Database, customer: str) -> None:
    post(database, "I1", 100)
    post(database, "I2", 1000)
    post(database, "IE", 100, "EUR")
    pay(database, "P1", 150)
    pay(database, "PP", 150, status="pending")
    for payment_id, invoice_id, minor, error in (
        ("P1", "I1", 101, AllocationExceedsInvoice),
        ("P1", "I2", 151, AllocationExceedsPayment),
        ("P1", "IE", 1, AllocationCrossesCurrencies),
        ("PP", "I1", 1, WrongPaymentState),
    ):
        with pytest.raises(error):
            allocate(database, payment_id, invoice_id, minor)
    allocate(database, "P1", "I1", 100)
    with pytest.raises(KeyTaken):
        _allocate_twice_on_one_day(database)
    with database.transaction("acme", "test") as unit:
        payments.mark_succeeded(unit, "PP", received_on=date(2026, 1, 9))
        payments.take_back_allocation(unit, "P1", "I1", allocated_on=DAY)
    allocate(database, "PP", "I1", 100)


def _allocate_twice_on_one_day(database: Database) -> None:
    allocate(database, "P1", "I2", 1)
    allocate(database, "P1", "I2", 1)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_order_of_allocations_closes_more_than_there_is(database: Database, data: st.DataObject) -> None:
    tenant = f"t{uuid.uuid4()}"  # not drawn: a replayed example needs an empty tenant too
    totals = data.draw(st.lists(st.integers(1, 500), min_size=1, max_size=3), label="invoices")
    funds = data.draw(st.lists(st.integers(1, 500), min_size=1, max_size=3), label="payments")
    with database.transaction(tenant, "test") as unit:
        create_customer(unit, customer_id="C", name="x", created_on=DAY)
        for at, total in enumerate(totals):
            invoices.stage_invoice(
                unit,
                invoice_id=f"I{at}",
                customer_id="C",
                issued_on=DAY,
                due_on=DAY,
                currency="USD",
                lines=[NewLine(total)],
            )
            invoices.post_invoice(unit, f"I{at}", needs_approval=False)
        for at, amount in enumerate(funds):
            payments.record_payment(
                unit, payment_id=f"P{at}", customer_id="C", received_on=DAY, amount_minor=amount, currency="USD"
            )
    step = st.tuples(
        st.integers(0, len(funds) - 1), st.integers(0, len(totals) - 1), st.integers(1, 400), st.booleans()
    )
    for day, (payment, invoice, minor, take_back) in enumerate(data.draw(st.lists(step, max_size=8), label="steps")):
        on = DAY + timedelta(days=day)
        try:
            with database.transaction(tenant, "test") as unit:
                payments.allocate(unit, f"P{payment}", f"I{invoice}", allocated_on=on, amount_minor=minor)
                if take_back:
                    payments.take_back_allocation(unit, f"P{payment}", f"I{invoice}", allocated_on=on)
        except DomainError:
            continue
    with database.read(tenant) as unit:
        for at, total in enumerate(totals):
            assert 0 <= payments.allocated_minor(invoices.get_invoice(unit, f"I{at}")) <= total
        for at, amount in enumerate(funds):
            used = sum(row.amount_minor for row in payments.get_payment(unit, f"P{at}").allocations)
            assert 0 <= used <= amount
    assert database.verify_chain(tenant).holds


def test_two_allocations_at_once_never_take_the_same_money(database: Database, customer: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(6):
        post(database, f"I{number}", 100)
    pay(database, "P1", 250)

    def attempt(number: int) -> bool:
        try:
            allocate(database, "P1", f"I{number}", 100)
        except AllocationExceedsPayment:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 2
