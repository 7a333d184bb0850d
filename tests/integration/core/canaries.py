"""Strings about one person in every text that the core takes over HTTP, each standing nowhere else."""

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.integration.core.conftest import Api
from tests.integration.core.receiver import Received, Receiver
from transactional_api.accounting.dispatch import dispatch_due
from transactional_api.events import rules
from transactional_api.events.dispatcher import dispatch
from transactional_api.kit.clock import instant_text
from transactional_api.kit.tables import Base
from transactional_api.payments.providers.local import SENT_AT, SIGNATURE, webhook_signature
from transactional_api.payments.rules import reference_of

OPS = "/api/v1/revenue-ops"
SOWN = re.compile(r"kanarie\d{2,3}", re.IGNORECASE)
SETTINGS = {"allow_private_webhooks": "127.0.0.1", "local_payment_webhook_secret": "s3cret"}
OURS = {"accounts", "tax_registrations"}  # about people of the tenant, and the tenant itself


class Canaries:
    """Gives out strings that stand nowhere else."""

    def __init__(self) -> None:
        self._number = itertools.count(1)
        self.count = 0

    def __call__(self, form: str = "{}") -> str:
        self.count += 1
        return form.format(f"Kanarie{next(self._number):02d}")


def personal_texts() -> set[tuple[str, str]]:
    """Table and column of every value about a customer that the tables themselves call personal."""
    return {
        (str(mapper.class_.__tablename__), name)
        for mapper in Base.registry.mappers
        if mapper.class_.__tablename__ not in OURS
        for name in mapper.class_.personal_columns
        if (mapper.class_.__tablename__, name) != ("envelope_links", "salt")  # random bytes
    }


def sow(api: Api, customer_id: str, canary: Canaries, receiver: Receiver) -> None:
    """The customer is there. What is dispatched goes to the receiver; the settings have to be `SETTINGS`."""

    def made(path: str, body: Any = None, method: str = "POST", by: Api = api) -> Any:
        status, answer = by.call(method, path, body)
        assert status in (200, 201), (method, path, answer)
        return answer

    receiver.answer = lambda one: 500 if one.path.endswith("broken") else 204
    for url in (receiver.url, receiver.url + "/broken"):
        made("/webhook-endpoints", {"url": url, "event_types": ["*"]})
    known = made(f"/api/v1/customers/{customer_id}", method="GET")
    second = api.as_account("second", "admin")
    _desk(made, api, second, customer_id, canary)
    _billing(made, api, second, customer_id, canary)
    _around(made, api, customer_id, canary, str(known["name"]))
    _refusals(api, customer_id, canary)
    settings: Any = api.client.app.state.settings  # type: ignore[attr-defined]
    dispatch_due(api.database, settings)
    dispatch(api.database, settings)
    assert list((settings.home / "accounting").rglob("*.csv")) and receiver.received
    assert SOWN.search(b"".join(map(_body, receiver.received)).decode()) is None, "events name ids alone"


def _body(one: Received) -> bytes:
    return one.raw


def _desk(made: Any, api: Api, second: Api, customer_id: str, canary: Canaries) -> None:
    made("/products", {"product_id": "P-HTTP", "name": "Seats", "kind": "subscription"})
    deal = {"created_at": "2026-02-01T09:00:00Z", "stage": "qualified", "risk": "high"}
    for deal_id in ("D-HTTP", "D-NO", "D-LOST"):
        first = {"deal_id": deal_id, "name": canary("first {}"), "owner": canary("{} Chef")}
        made("/deals", deal | first | {"amount": "100", "currency": "USD"})
        named = {"name": canary("deal of {}"), "owner": canary("{} Chef"), "customer_id": customer_id}
        made(f"/deals/{deal_id}", named, "PATCH")
    closing = {"closed_at": "2026-02-10T09:00:00Z", "closed_on": "2026-02-10"}
    made("/deals/D-LOST/lose", closing | {"reason": canary("{} left the company")})
    for deal_id, decision in (("D-HTTP", "approve"), ("D-NO", "reject")):
        line = {"product_id": "P-HTTP", "unit_amount": "100.00", "discount_percent": "20"}
        quoted = made(f"/deals/{deal_id}/quote", {"lines": [line | {"description": canary("for {}")}]})
        assert quoted["status"] == "pending_approval"
        made(f"/deals/{deal_id}/approvals", {"decision": decision, "comment": canary("I know {}")}, by=second)
    path = made("/deals/D-HTTP/sign", {})["signing_address"]
    assert SOWN.search(api.client.get(path).text), "the document shows the customer"
    form = {"name": canary("{} Signs"), "email": canary("{}@sign.example"), "consent": "yes"}
    agent = {"User-Agent": canary("{}/1.0"), "X-Forwarded-For": canary()}
    assert api.client.post(path, data=form, headers=agent).status_code == 200


def _billing(made: Any, api: Api, second: Api, customer_id: str, canary: Canaries) -> None:
    billed = {"customer_id": customer_id, "issued_on": "2026-01-01", "due_on": "2026-01-31", "currency": "USD"}
    lines = [{"unit_amount": "100.00", "description": canary("work for {}")}]
    made("/invoices/stage", billed | {"invoice_id": "I-HTTP", "lines": lines})
    made("/invoices/I-HTTP/approve", by=second)
    made("/invoices/I-HTTP/post", {})
    at_once = [{"unit_amount": "10.00", "description": canary("more for {}")}]
    made(f"{OPS}/ar/create", billed | {"invoice_id": "I-ONCE", "lines": at_once})
    made(f"{OPS}/ar/I-HTTP/collections", {"taken_on": "2026-03-01", "note": canary("{} does not answer")})
    payment = {"customer_id": customer_id, "currency": "USD", "amount": "40.00"}
    received = payment | {"payment_id": "A-HTTP", "received_on": "2026-02-20"}
    reference = made("/payments", received | {"reference": canary("thanks, {}")})["reference"]
    made("/payments/A-HTTP/allocations", {"invoice_id": "I-HTTP", "allocated_on": "2026-02-20", "amount": "30.00"})
    made("/payments/A-HTTP/refunds", {"amount": "5.00", "reason": "duplicate"})
    charged = payment | {"payment_id": "A-CARD", "method": "action_needed", "reference": canary("card of {}")}
    api.call("POST", "/payments/process", charged)
    _settle(api, {"outcome": "succeeded", "payer": canary()})
    made("/invoices/I-HTTP/credit-notes", {"issued_on": "2026-02-21", "amount": "7.00", "reason": canary("{} is ill")})
    written_off = {"written_off_on": "2026-02-22", "amount": "1.00", "reason": canary("{} died")}
    made("/invoices/I-HTTP/write-offs", written_off)
    line = {"booked_on": "2026-02-20", "amount": "40.00", "currency": "USD"}
    theirs = {"counterparty": canary(), "description": canary("from {}"), "reference": canary()}
    quoting = {"counterparty": reference, "description": f"transfer: {reference}", "reference": f"{reference}!"}
    both = [line | theirs | {"bank_line_id": "BL1"}, line | quoting | {"bank_line_id": "BL2", "amount": "3.00"}]
    made(f"{OPS}/reconciliation/bank-lines", {"lines": both})
    matching = {"action": "confirm", "bank_line_id": "BL1", "payments": [{"payment_id": "A-HTTP", "amount": "40.00"}]}
    made(f"{OPS}/reconciliation/match", matching)


def _settle(api: Api, said: dict[str, str]) -> None:
    """What a provider says, signed, with more words than anybody asked for."""
    raw = json.dumps({"reference": reference_of("charge", api.tenant_id, "A-CARD")} | said).encode()
    at = str(int(api.database.clock.now().timestamp()))
    headers = {SENT_AT: at, SIGNATURE: webhook_signature("s3cret", at, raw)}
    assert api.client.post("/webhooks/local", content=raw, headers=headers).status_code == 200


def _around(made: Any, api: Api, customer_id: str, canary: Canaries, name: str) -> None:
    spent = {"spent_on": "2026-02-01", "amount": "3", "category": "travel", "currency": "USD"}
    theirs = {"vendor": canary("{} Taxi"), "description": canary("to {}"), "customer_id": customer_id}
    made("/api/v1/expenses", spent | theirs)
    made("/api/v1/expenses", spent | {"vendor": f"{name} GmbH", "description": f"to {name}"})
    sold = {"sold_at": "2026-02-01T09:00:00Z", "product": "Tea", "quantity": "1", "unit_price": "3", "currency": "USD"}
    made("/api/v1/sales", sold | {"customer_id": customer_id})
    alert = {"kind": "churn.at_risk", "severity": "info", "subject_id": customer_id}
    made("/alerts", alert | {"customer_id": customer_id, "summary": canary("call {}")})
    made("/alerts", alert | {"summary": canary("{} has no customer_id")})
    made("/alerts", alert | {"subject_id": "mrr", "summary": f"call {name} back"})
    command = alert | {"command": "alert.raise", "customer_id": customer_id, "summary": canary("{} is angry")}
    _send_signed(api, made("/inbound-endpoints", {"sender": "n8n"}), command)
    buyer = {"country": "DE", "vat_number": canary("DE{}")}
    asked = {"seller": {"country": "DE"}, "buyer": buyer, "currency": "EUR", "tax_point": "2026-02-01"}
    api.call("POST", f"{OPS}/tax/calculate", asked | {"lines": [{"line_id": "1", "amount": "10.00"}]})


def _send_signed(api: Api, endpoint: dict[str, str], body: dict[str, str]) -> None:
    raw, at = json.dumps(body), api.database.clock.now()
    message_id = "msg_" + hashlib.sha256(raw.encode()).hexdigest()[:16]
    headers = {
        "content-type": "application/json",
        "revhouse-endpoint": endpoint["endpoint_id"],
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": rules.signatures([endpoint["secret"]], message_id, at, raw),
    }
    answer = api.client.post("/webhooks/n8n", content=raw, headers=headers)
    assert answer.status_code == 200, (answer.text, instant_text(at))


def _refusals(api: Api, customer_id: str, canary: Canaries) -> None:
    """What is refused is neither kept nor logged, whatever it says and wherever it says it."""
    for status, method, path, body in _refused(customer_id, canary):
        answer = api.send(method, path, body)
        assert answer.status_code == status, (path, answer.text)


def _refused(customer_id: str, canary: Canaries) -> Iterator[tuple[int, str, str, Any]]:
    yield 422, "POST", "/deals", {"deal_id": "D-X", "who": canary()}
    yield 422, "POST", "/deals", {"deal_id": "D-X", "stage": canary("no stage {}"), "created_at": canary()}
    yield 422, "POST", "/payments", {"customer_id": customer_id, "reference": canary(), "amount": canary()}
    yield (
        409,
        "POST",
        "/deals/D-LOST/win",
        {
            "closed_at": "2026-02-10T09:00:00Z",
            "closed_on": "2026-02-10",
            "reason": canary(),
        },
    )
    yield 404, "POST", "/deals/D-NOBODY/approvals", {"decision": "approve", "comment": canary()}
