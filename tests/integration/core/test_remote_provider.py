"""Payments through a provider across a network, which answers late, hangs up, refuses, or whose caller dies."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.remote_provider import Bank, BankAdapter, running_bank
from transactional_api.kit.clock import FixedClock
from transactional_api.payments import calls
from transactional_api.payments.providers import registry
from transactional_api.payments.reconciliation import reconcile, take_webhook

PAY = {"payment_id": "P1", "customer_id": "C1", "amount": "10.00", "currency": "USD", "method": "card"}
PAY |= {"provider": "bank", "invoice_id": "I1"}


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setattr(calls, "PAUSES", (0.01, 0.01))
    with running_bank() as opened:
        monkeypatch.setitem(registry._makers, "bank", lambda _settings: BankAdapter(opened.address))
        yield opened


@pytest.fixture
def shop(api: Api, bank: Bank) -> Api:
    """A tenant with a customer and a posted invoice of 10.00."""
    invoice = {"invoice_id": "I1", "customer_id": "C1", "issued_on": "2026-01-01", "due_on": "2026-01-31"}
    made("POST", api, "/api/v1/customers", {"customer_id": "C1", "name": "Ada", "created_on": "2026-01-01"})
    made("POST", api, "/invoices/stage", invoice | {"currency": "USD", "lines": [{"unit_amount": "10.00"}]})
    made("POST", api.as_role("approver"), "/invoices/I1/approve")
    made("POST", api, "/invoices/I1/post", {})
    return api


def made(method: str, api: Api, path: str, body: Any = None, key: str | None = None) -> Any:
    status, answer = api.call(method, path, body, key)
    assert status in (200, 201), answer
    return answer


def later(api: Api, **kwargs: float) -> int:
    """Time goes by; then one round of the worker. Returns how many calls were asked about."""
    api.database.clock = FixedClock(api.database.clock.now() + timedelta(**kwargs))
    api.client.app.state.database.clock = api.database.clock  # type: ignore[attr-defined]
    return reconcile(api.database, api.client.app.state.settings)  # type: ignore[attr-defined]


def charges(bank: Bank) -> list[dict[str, Any]]:
    return [entry for entry in bank.book.values() if entry["verb"] == "charge"]


def test_a_payment_that_is_answered_at_once_closes_its_invoice(shop: Api, bank: Bank) -> None:
    paid = made("POST", shop, "/payments/process", PAY)
    assert (paid["status"], paid["allocations"][0]["amount"]) == ("succeeded", "10.00")
    assert [entry.operation for entry in shop.log("payments", "P1")] == ["insert", "update"]
    assert later(shop, hours=1) == 0


def test_a_decline_is_a_failed_payment_with_its_code(shop: Api, bank: Bank) -> None:
    paid = made("POST", shop, "/payments/process", PAY | {"method": "card_declined"})
    assert (paid["status"], paid["failure_code"], paid["allocations"]) == ("failed", "card_declined", [])


def test_what_certainly_had_no_effect_is_tried_again_within_the_request(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["busy", "busy"]
    assert made("POST", shop, "/payments/process", PAY)["status"] == "succeeded"
    assert [verb for verb, _ in bank.calls] == ["charge", "charge", "charge"]


def test_a_provider_that_stays_busy_leaves_the_payment_pending_and_is_charged_later(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["busy"] * 3
    assert made("POST", shop, "/payments/process", PAY)["status"] == "pending"
    assert later(shop, seconds=1) == 0
    assert later(shop, seconds=4) == 1
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"
    assert "look_up" not in [verb for verb, _ in bank.calls]


@pytest.mark.parametrize("trick", ["late", "hang_up_after"])
def test_an_answer_that_does_not_come_is_unknown_until_the_provider_is_asked(shop: Api, bank: Bank, trick: str) -> None:
    bank.misbehaviour = [trick]
    assert made("POST", shop, "/payments/process", PAY, key="k")["status"] == "unknown"
    assert made("GET", shop, "/invoices/I1")["status"] != "paid"
    assert later(shop, seconds=5) == 1
    paid = made("GET", shop, "/payments/P1")
    assert (paid["status"], paid["allocations"][0]["amount"]) == ("succeeded", "10.00")
    assert [entry.actor for entry in shop.log("payments", "P1")][-1] == "job:payments"
    assert len(charges(bank)) == 1


def test_a_call_that_never_arrived_is_made_again_under_the_same_reference(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["hang_up_before"]
    assert made("POST", shop, "/payments/process", PAY)["status"] == "unknown"
    assert later(shop, seconds=5) == 1
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"
    assert [verb for verb, _ in bank.calls] == ["charge", "look_up", "charge"]
    assert len(charges(bank)) == 1


def test_a_call_that_nobody_ever_heard_of_is_given_up_after_an_hour(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["hang_up_before"] * 100
    made("POST", shop, "/payments/process", PAY)
    rounds = [later(shop, minutes=11) for _ in range(8)]
    assert sum(rounds) == 6
    paid = made("GET", shop, "/payments/P1")
    assert (paid["status"], paid["failure_code"]) == ("failed", "never_received")
    assert charges(bank) == []


def test_a_process_that_dies_before_the_call_leaves_a_held_key_which_the_worker_answers(shop: Api, bank: Bank) -> None:
    """The claim and the pending payment are committed; the call never leaves."""
    _die_in(shop, "ask_outside", before=True)
    status, problem = shop.call("POST", "/payments/process", PAY, "k")
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:key-in-flight")
    assert made("GET", shop, "/payments/P1")["status"] == "pending"
    assert later(shop, seconds=30) == 0
    assert later(shop, seconds=31) == 1
    answer = shop.send("POST", "/payments/process", PAY, "k")
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert len(charges(bank)) == 1
    assert shop.call("POST", "/payments/process", PAY | {"amount": "11.00"}, "k")[0] == 422


def test_a_process_that_dies_after_the_call_charges_once(shop: Api, bank: Bank) -> None:
    _die_in(shop, "ask_outside", before=False)
    assert later(shop, seconds=61) == 1
    assert shop.send("POST", "/payments/process", PAY, "k").json()["status"] == "succeeded"
    assert len(charges(bank)) == 1
    assert [verb for verb, _ in bank.calls] == ["charge", "look_up"]


def _die_in(shop: Api, step: str, before: bool) -> None:
    real = getattr(calls, step)

    def die(*arguments: Any) -> Any:
        if not before:
            real(*arguments)
        raise SystemError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, step, die)
        assert shop.call("POST", "/payments/process", PAY, "k")[0] == 500


def test_a_webhook_that_comes_first_settles_and_the_worker_finds_nothing_to_do(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["late"]
    made("POST", shop, "/payments/process", PAY)
    (reference,) = bank.book
    settings = shop.client.app.state.settings  # type: ignore[attr-defined]
    raw = f'{{"reference": "{reference}"}}'.encode()
    assert take_webhook(shop.database, settings, "bank", raw, {"bank-secret": "s3cret"})
    assert take_webhook(shop.database, settings, "bank", raw, {"bank-secret": "s3cret"})
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"
    assert len(shop.log("payment_allocations")) == 1
    assert later(shop, hours=1) == 0
    assert not take_webhook(shop.database, settings, "bank", b'{"reference": "none"}', {"bank-secret": "s3cret"})


def test_a_success_that_comes_after_the_payment_was_given_up_is_sent_back(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["hang_up_before"] * 100
    made("POST", shop, "/payments/process", PAY)
    for _ in range(8):
        later(shop, minutes=11)
    bank.misbehaviour = []
    (reference,) = {reference for verb, reference in bank.calls if verb == "charge"}
    settings = shop.client.app.state.settings  # type: ignore[attr-defined]
    take_webhook(shop.database, settings, "bank", f'{{"reference": "{reference}"}}'.encode(), {"bank-secret": "s3cret"})
    assert later(shop, minutes=2) == 1
    assert [entry["verb"] for entry in bank.book.values()] == ["void"]
    assert made("GET", shop, "/payments/P1")["status"] == "failed"


@pytest.mark.parametrize("trick", ["", "late", "hang_up_after", "hang_up_before", "busy"])
def test_a_refund_reaches_the_provider_once_whatever_the_network_does(shop: Api, bank: Bank, trick: str) -> None:
    made("POST", shop, "/payments/process", PAY)
    bank.misbehaviour = [trick]
    refund = made("POST", shop, "/payments/P1/refunds", {"refund_id": "R1", "amount": "4.00"}, key="r")
    assert refund["status"] == ("succeeded" if trick in ("", "busy") else "pending")
    assert shop.call("POST", "/payments/P1/refunds", {"amount": "6.01"})[1]["type"].endswith("refund-exceeds-payment")
    later(shop, minutes=2)
    (found,) = made("GET", shop, "/payments/P1/refunds")["items"]
    assert (found["status"], found["reopened"]) == ("succeeded", [{"invoice_id": "I1", "amount": "4.00"}])
    assert [entry["minor"] for entry in bank.book.values() if entry["verb"] == "refund"] == [400]


def test_a_declined_refund_sets_its_money_free_again(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY | {"method": "card"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "take", lambda *_: {"outcome": "declined"})
        refund = made("POST", shop, "/payments/P1/refunds", {"amount": "4.00"})
    assert (refund["status"], refund["failure_code"]) == ("failed", "card_declined")
    assert made("GET", shop, "/payments/P1")["refunded"] == "0.00"
    assert made("POST", shop, "/payments/P1/refunds", {"amount": "10.00"})["status"] == "succeeded"


def test_while_a_rollback_is_not_answered_nothing_else_happens_to_the_payment(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    bank.misbehaviour = ["late"]
    undone = made("POST", shop, "/payments/P1/rollback")
    assert (undone["status"], undone["rollback"]) == ("succeeded", "pending")
    for path, body in (("rollback", None), ("refunds", {"amount": "1.00"}), ("chargebacks", {"amount": "1.00"})):
        status, problem = shop.call("POST", f"/payments/P1/{path}", body)
        assert (status, problem["type"]) == (409, "urn:revhouse:problem:rollback-under-way")
    assert later(shop, minutes=2) == 1
    undone = made("GET", shop, "/payments/P1")
    assert (undone["status"], undone["rollback"], undone["allocations"]) == ("rolled_back", "done", [])


def test_an_unknown_payment_is_rolled_back_by_asking_the_provider(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["late"]
    assert made("POST", shop, "/payments/process", PAY)["status"] == "unknown"
    assert made("POST", shop, "/payments/P1/rollback")["status"] == "rolled_back"
    assert later(shop, hours=1) == 0


def test_a_provider_that_cannot_be_reached_is_asked_more_and_more_rarely(shop: Api, bank: Bank) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._makers, "bank", lambda _settings: BankAdapter("http://127.0.0.1:1"))
        assert made("POST", shop, "/payments/process", PAY)["status"] == "pending"
        assert [later(shop, seconds=4), later(shop, seconds=5), later(shop, seconds=9)] == [1, 0, 1]
    assert later(shop, minutes=2) == 1
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"
    assert shop.database.clock.now() > NOW
