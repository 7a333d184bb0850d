"""Payments through a provider across a network, which answers late, hangs up, refuses, or whose caller dies."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.remote_provider import Bank, BankAdapter, running_bank
from transactional_api.kit.clock import FixedClock
from transactional_api.payments import calls, repository
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


def told(api: Api, bank: Bank, verb: str, nth: int = 0, name: str = "bank") -> bool:
    """The bank says by itself that the nth call of that verb has succeeded."""
    asked = list(dict.fromkeys(reference for made_as, reference in bank.calls if made_as == verb))
    settings = api.client.app.state.settings  # type: ignore[attr-defined]
    raw = f'{{"reference": "{asked[nth]}"}}'.encode()
    return take_webhook(api.database, settings, name, raw, {"bank-secret": "s3cret"})


def declined(api: Api, bank: Bank, path: str, body: Any = None) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "take", lambda *_: {"outcome": "declined"})
        return made("POST", api, path, body)


def alerts(api: Api) -> list[tuple[str, str, str]]:
    rows = made("GET", api, "/alerts")["items"]
    return [(row["kind"], row["severity"], row["subject_id"]) for row in rows]


FULL = {"refund_id": "R1", "amount": "10.00"}


def test_a_refund_that_is_not_found_after_a_time_out_keeps_its_amount_and_is_repeated(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    bank.misbehaviour = ["hang_up_before"] * 100
    made("POST", shop, "/payments/P1/refunds", FULL)
    for _ in range(8):
        later(shop, minutes=11)
    assert made("GET", shop, "/payments/P1/refunds")["items"][0]["status"] == "pending"
    assert shop.call("POST", "/payments/P1/refunds", {"amount": "0.01"})[1]["type"].endswith("refund-exceeds-payment")
    bank.misbehaviour = []
    later(shop, minutes=11)
    assert made("GET", shop, "/payments/P1/refunds")["items"][0]["status"] == "succeeded"
    assert [entry["minor"] for entry in bank.book.values() if entry["verb"] == "refund"] == [1000]


def test_where_not_there_is_final_a_lost_refund_is_given_up_and_may_be_asked_for_again(
    shop: Api, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BankAdapter, "is_not_there_final", True)
    made("POST", shop, "/payments/process", PAY)
    bank.misbehaviour = ["hang_up_before"] * 100
    made("POST", shop, "/payments/P1/refunds", FULL)
    for _ in range(8):
        later(shop, minutes=11)
    assert made("GET", shop, "/payments/P1/refunds")["items"][0]["failure_code"] == "never_received"
    bank.misbehaviour = []
    assert made("POST", shop, "/payments/P1/refunds", FULL | {"refund_id": "R2"})["status"] == "succeeded"


def test_a_late_success_of_a_failed_refund_counts_so_that_no_second_one_goes_out(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    assert declined(shop, bank, "/payments/P1/refunds", FULL)["status"] == "failed"
    assert told(shop, bank, "refund") and told(shop, bank, "refund")
    (found,) = made("GET", shop, "/payments/P1/refunds")["items"]
    assert (found["status"], found["failure_code"]) == ("succeeded", None)
    assert found["reopened"] == [{"invoice_id": "I1", "amount": "10.00"}]
    assert made("GET", shop, "/payments/P1")["refunded"] == "10.00"
    status, problem = shop.call("POST", "/payments/P1/refunds", FULL | {"refund_id": "R2"})
    assert (status, problem["type"]) == (409, "urn:revhouse:problem:refund-exceeds-payment")
    assert alerts(shop) == []


def test_a_late_success_of_a_failed_refund_that_fits_no_more_is_told_to_a_person_once(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    declined(shop, bank, "/payments/P1/refunds", FULL)
    assert made("POST", shop, "/payments/P1/refunds", FULL | {"refund_id": "R2"})["status"] == "succeeded"
    assert told(shop, bank, "refund") and told(shop, bank, "refund")
    assert alerts(shop) == [("kpi.alert", "critical", "R1")]
    statuses = {row["refund_id"]: row["status"] for row in made("GET", shop, "/payments/P1/refunds")["items"]}
    assert statuses == {"R1": "failed", "R2": "succeeded"}
    assert made("GET", shop, "/payments/P1")["refunded"] == "10.00"


def test_a_late_refund_of_an_invoice_that_others_opened_takes_what_else_the_payment_has(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY | {"amount": "25.00"})
    declined(shop, bank, "/payments/P1/refunds", FULL | {"invoice_id": "I1"})
    made("POST", shop, "/payments/P1/refunds", FULL | {"refund_id": "R2", "invoice_id": "I1"})
    assert told(shop, bank, "refund")
    found = {row["refund_id"]: row for row in made("GET", shop, "/payments/P1/refunds")["items"]}
    assert (found["R1"]["status"], found["R1"]["from_unallocated"], found["R1"]["reopened"]) == (
        "succeeded",
        "10.00",
        [],
    )
    assert (made("GET", shop, "/payments/P1")["refunded"], alerts(shop)) == ("20.00", [])


def test_a_late_success_of_a_declined_rollback_undoes_the_payment(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    assert declined(shop, bank, "/payments/P1/rollback")["rollback"] == "declined"
    assert told(shop, bank, "void")
    undone = made("GET", shop, "/payments/P1")
    assert (undone["status"], undone["rollback"], undone["allocations"]) == ("rolled_back", "done", [])


def test_a_late_success_of_a_rollback_after_a_refund_is_taken_and_told_to_a_person(shop: Api, bank: Bank) -> None:
    made("POST", shop, "/payments/process", PAY)
    declined(shop, bank, "/payments/P1/rollback")
    made("POST", shop, "/payments/P1/refunds", FULL | {"amount": "4.00"})
    assert told(shop, bank, "void") and told(shop, bank, "void")
    paid = made("GET", shop, "/payments/P1")
    assert (paid["status"], paid["refunded"], paid["rollback"]) == ("succeeded", "4.00", "done")
    assert alerts(shop) == [("kpi.alert", "critical", "P1")]


def test_a_charge_that_succeeds_after_its_rollback_was_done_is_given_back(shop: Api, bank: Bank) -> None:
    """The void was answered when nothing was taken; then the charge got through."""
    bank.misbehaviour = ["hang_up_before"]
    assert made("POST", shop, "/payments/process", PAY)["status"] == "unknown"
    assert made("POST", shop, "/payments/P1/rollback")["status"] == "rolled_back"
    assert told(shop, bank, "charge") and told(shop, bank, "charge")
    assert made("GET", shop, "/payments/P1")["rollback"] == "pending"
    assert later(shop, minutes=2) == 1
    assert told(shop, bank, "charge")
    undone = made("GET", shop, "/payments/P1")
    assert (undone["status"], undone["rollback"], later(shop, hours=1)) == ("rolled_back", "done", 0)
    assert [entry["verb"] for entry in bank.book.values()] == ["void", "void"]
    assert alerts(shop) == []


def test_late_money_that_the_provider_does_not_give_back_is_told_to_a_person(shop: Api, bank: Bank) -> None:
    bank.misbehaviour = ["hang_up_before"]
    made("POST", shop, "/payments/process", PAY)
    made("POST", shop, "/payments/P1/rollback")
    told(shop, bank, "charge")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "take", lambda *_: {"outcome": "declined"})
        assert later(shop, minutes=2) == 1
    assert alerts(shop) == [("kpi.alert", "critical", "P1")]


def test_one_provider_says_nothing_about_the_payments_of_another(
    shop: Api, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._makers, "other", lambda _settings: BankAdapter(bank.address))
    bank.misbehaviour = ["late"]
    made("POST", shop, "/payments/process", PAY)
    assert not told(shop, bank, "charge", name="other")
    assert made("GET", shop, "/payments/P1")["status"] == "unknown"
    assert told(shop, bank, "charge")
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"


def test_an_answer_waits_for_whoever_holds_the_payment_and_its_call(shop: Api, bank: Bank) -> None:
    """Everybody locks the payment before its calls, so that no two wait for each other."""
    bank.misbehaviour = ["late"]
    made("POST", shop, "/payments/process", PAY)
    is_held, results = threading.Event(), list[bool]()

    def hear() -> None:
        is_held.wait(5)
        results.append(told(shop, bank, "charge"))

    other = threading.Thread(target=hear)
    other.start()
    with shop.database.transaction(shop.tenant_id, "test") as unit:
        assert repository.by_id_locked(unit.session, "P1") is not None
        is_held.set()
        time.sleep(0.5)
        assert repository.attempt_locked(unit.session, "charge", "P1") is not None
    other.join()
    assert results == [True]
    assert made("GET", shop, "/payments/P1")["status"] == "succeeded"


@pytest.mark.parametrize("step", ["hear", "again"])
def test_a_payment_is_locked_before_its_call(shop: Api, bank: Bank, step: str) -> None:
    bank.misbehaviour = ["late"]
    made("POST", shop, "/payments/process", PAY)
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("by_id_locked", "attempt_locked"):
            real = getattr(repository, name)
            patch.setattr(repository, name, lambda *at, real=real, name=name: seen.append(name) or real(*at))
        assert told(shop, bank, "charge") if step == "hear" else later(shop, seconds=5) == 1
    assert seen[:2] == ["by_id_locked", "attempt_locked"]
