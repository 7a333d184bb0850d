"""Signing on the core's own page, and through a provider elsewhere: what is kept proves who signed which bytes."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.core.conftest import NOW, Api
from tests.integration.core.desk import deal, done, line, quote, refused, with_deal
from transactional_api.database import UnitOfWork
from transactional_api.kit.clock import FixedClock
from transactional_api.payments.providers.local import webhook_signature
from transactional_api.settings import Settings
from transactional_api.signatures.jobs import follow_envelopes
from transactional_api.signatures.providers import registry
from transactional_api.signatures.providers.port import (
    Failed,
    Heard,
    Made,
    Order,
    RetryLater,
    Unknown,
    WebhookRefused,
)

Behind = Callable[[str], list[tuple[Any, ...]]]
FORM = {"name": "Ada Lovelace", "email": "canary@ada.example", "consent": "yes"}
SECRET = b"paper"


@pytest.fixture
def quoted(api: Api) -> Api:
    with_deal(api)
    quote(api, "D1", line("10", description="support for Ada"), quote_id="Q1")
    return api


def sent(api: Api, deal_id: str = "D1") -> str:
    """The path at which the customer signs."""
    return str(done(api.call("POST", f"/deals/{deal_id}/sign", {}))["signing_address"])


def sign(api: Api, path: str, **changes: str) -> httpx.Response:
    return api.client.post(path, data=FORM | changes, headers={"User-Agent": "Canary/1.0"})


def evidence(api: Api) -> Any:
    return done(api.call("GET", "/deals/D1/signature"))


@pytest.mark.covers("POST /deals/{deal_id}/sign")
@pytest.mark.covers("GET /deals/{deal_id}/signature")
def test_a_customer_reads_signs_and_the_deal_is_won(quoted: Api) -> None:
    envelope = done(quoted.call("POST", "/deals/D1/sign", {}))
    assert (envelope["status"], envelope["quote_id"], envelope["provider"]) == ("sent", "Q1", "local")
    assert deal(quoted)["envelope_id"] == envelope["envelope_id"]
    path = envelope["signing_address"]
    page = quoted.client.get(path)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for said in ("Ada Lovelace", "Plan", "support for Ada", "900.00 USD", envelope["document_sha256"]):
        assert said in page.text
    before = evidence(quoted)
    assert (before["status"], before["signature"], before["proof"]["is_signature_valid"]) == ("sent", None, None)

    signed = sign(quoted, path)
    assert (signed.status_code, "was signed on 2026-03-01" in signed.text, "<form" in signed.text) == (200, True, False)
    kept = evidence(quoted)
    assert kept["proof"] == {
        "is_document_unchanged": True,
        "is_signer_unchanged": True,
        "is_signature_valid": True,
    }
    assert (kept["status"], kept["signer_name"], kept["signer_agent"]) == ("signed", "Ada Lovelace", "Canary/1.0")
    assert kept["signed_at"] == "2026-03-01T12:00:00.000000Z"
    assert kept["signer_address"]
    assert hashlib.sha256(kept["document"].encode()).hexdigest() == kept["document_sha256"]
    won = deal(quoted)
    assert (won["stage"], won["closed_on"], won["signed_at"]) == ("won", "2026-03-01", kept["signed_at"])
    assert done(quoted.call("GET", "/deals/D1/quotes"))["items"][0]["status"] == "signed"
    entries = quoted.log("envelopes", envelope["envelope_id"])
    assert entries[0].operation == "insert"
    assert '"status":"signed"' in str(entries[-1].after_json)
    assert entries[-1].actor == f"signer:{envelope['envelope_id']}"


def test_the_log_shows_neither_the_signer_nor_the_document(quoted: Api, behind: Behind) -> None:
    sign(quoted, sent(quoted))
    logged = str(behind("SELECT * FROM change_log"))
    for value in ("Lovelace", "canary", "Canary", "support for Ada", "Ada's renewal"):
        assert value not in logged
    assert "signer_name" in str([entry.personal_fields for entry in quoted.log("envelopes")])


def test_a_document_is_signed_once_even_at_the_same_moment(quoted: Api) -> None:
    path = sent(quoted)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: sign(quoted, path, name=f"Signer {n}"), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert evidence(quoted)["proof"]["is_signer_unchanged"] is True
    assert sign(quoted, path, name="Eve Late").status_code == 409
    refused(quoted.call("POST", "/deals/D1/sign", {}), 409, "nothing-approved")


@pytest.mark.parametrize(
    "form",
    [{"name": ""}, {"name": "A"}, {"consent": ""}, {"consent": "no"}, {"name": "x" * 201}],
)
def test_nobody_signs_without_name_and_consent(quoted: Api, form: dict[str, str]) -> None:
    path = sent(quoted)
    answer = sign(quoted, path, **form)
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert (evidence(quoted)["status"], deal(quoted)["stage"]) == ("sent", "qualified")
    assert sign(quoted, path, name="<b>Ada</b> & co").status_code == 200


def test_an_address_is_known_exactly_or_not_at_all(quoted: Api, behind: Behind) -> None:
    path = sent(quoted)
    for wrong in ("/sign/x", f"{path}x", path[:-1], "/sign/" + "%00" * 10, "/sign/%F0%9F%98%80"):
        assert quoted.client.get(wrong).status_code == 404
        assert sign(quoted, wrong).status_code == 404
    token = path.rsplit("/", 1)[1]
    for table in ("envelope_links", "idempotency_keys", "change_log", "envelopes"):
        assert token not in str(behind(f"SELECT * FROM {table}"))
    assert sign(quoted, path, name="y" * 9000).status_code == 413


def test_a_new_address_replaces_the_one_before(quoted: Api) -> None:
    first = done(quoted.call("POST", "/deals/D1/sign", {}, key="a"))
    second = done(quoted.call("POST", "/deals/D1/sign", {}, key="b"))
    assert first["envelope_id"] == second["envelope_id"]
    assert quoted.client.get(first["signing_address"]).status_code == 404
    assert quoted.client.get(second["signing_address"]).status_code == 200
    replayed = done(quoted.call("POST", "/deals/D1/sign", {}, key="a"))
    assert (replayed["envelope_id"], replayed["signing_address"]) == (first["envelope_id"], None)


def test_an_address_is_good_until_it_expires(quoted: Api) -> None:
    path = sent(quoted)
    quoted.database.clock = FixedClock(NOW + timedelta(days=14))
    assert (quoted.client.get(path).status_code, sign(quoted, path).status_code) == (410, 410)
    assert follow_envelopes(quoted.database, Settings()) == 1
    assert follow_envelopes(quoted.database, Settings()) == 0
    quoted.database.clock = FixedClock(NOW)
    assert evidence(quoted)["status"] == "expired"
    assert sign(quoted, path).status_code == 410
    assert sign(quoted, sent(quoted)).status_code == 200


def test_what_a_later_quote_replaced_is_not_signed(quoted: Api) -> None:
    path = sent(quoted)
    quote(quoted, "D1", line("20"), quote_id="Q2")
    assert sign(quoted, path).status_code == 410
    assert evidence(quoted)["status"] == "voided"
    assert sign(quoted, sent(quoted)).status_code == 200
    assert evidence(quoted)["quote_id"] == "Q2"


def test_a_quote_that_is_over_and_a_deal_that_is_lost_are_not_signed(quoted: Api) -> None:
    quote(quoted, "D1", line(), quote_id="Q2", valid_until="2026-03-02")
    path = sent(quoted)
    quoted.database.clock = FixedClock(NOW + timedelta(days=1))
    assert sign(quoted, path).status_code == 410
    quoted.database.clock = FixedClock(NOW)
    lost = {"closed_at": "2026-03-01T10:00:00Z", "closed_on": "2026-03-01"}
    done(quoted.call("POST", "/deals/D1/lose", lost))
    assert sign(quoted, path).status_code == 410
    assert (deal(quoted)["stage"], deal(quoted)["signed_at"]) == ("lost", None)
    refused(quoted.call("POST", "/deals/D1/sign", {}), 409, "deal-lost")


def test_a_changed_document_is_not_signed_and_a_changed_proof_is_seen(quoted: Api, behind: Behind) -> None:
    path = sent(quoted)
    behind("UPDATE envelope_documents SET content = replace(content, '900.00', '9.00')")
    answers = quoted.client.get(path), sign(quoted, path)
    assert [answer.status_code for answer in answers] == [409, 409]
    assert evidence(quoted)["proof"]["is_document_unchanged"] is False
    behind("UPDATE envelope_documents SET content = replace(content, '9.00', '900.00')")
    assert sign(quoted, path).status_code == 200
    behind("UPDATE envelopes SET signer_name = 'Eve'")
    assert evidence(quoted)["proof"]["is_signer_unchanged"] is False
    behind("UPDATE envelopes SET document_sha256 = replace(document_sha256, substr(document_sha256, 1, 1), 'z')")
    assert evidence(quoted)["proof"]["is_signature_valid"] is False


def test_a_signature_outlives_the_erasure_of_its_signer(quoted: Api, behind: Behind) -> None:
    sign(quoted, sent(quoted))
    done(quoted.call("POST", "/api/v1/customers/C1/erase", {}))
    kept = evidence(quoted)
    assert (kept["signer_name"], kept["document"], kept["signed_at"] is not None) == (None, None, True)
    assert kept["proof"] == {
        "is_document_unchanged": None,
        "is_signer_unchanged": None,
        "is_signature_valid": True,
    }
    for table in ("envelopes", "envelope_documents", "envelope_links", "quote_lines", "deals", "idempotency_keys"):
        shown = str(behind(f"SELECT * FROM {table}"))
        assert not re.search("Lovelace|canary|support for Ada|renewal", shown), table


def test_signing_out_of_turn_or_reach_is_refused(api: Api, other_api: Api) -> None:
    with_deal(api)
    refused(api.call("GET", "/deals/D1/signature"), 404, "envelope-not-found", "deal_id")
    refused(api.call("POST", "/deals/D1/sign", {}), 409, "nothing-approved")
    quote(api, "D1", line("35"))
    refused(api.call("POST", "/deals/D1/sign", {}), 409, "nothing-approved")
    quote(api, "D1", line("5"))
    refused(api.call("POST", "/deals/D1/sign", {"provider": "none"}), 422, "provider-unknown", "provider")
    refused(other_api.call("POST", "/deals/D1/sign", {}), 404, "deal-not-found", "deal_id")
    refused(other_api.call("GET", "/deals/D1/signature"), 404, "deal-not-found", "deal_id")
    assert api.as_role("finance").call("POST", "/deals/D1/sign", {})[0] == 403
    keyless = api.client.post("/deals/D1/sign", json={}, headers={"Authorization": f"Bearer {api.key}"})
    assert (keyless.status_code, keyless.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert api.log("envelopes") == []


class Paper:
    """A provider elsewhere: makes envelopes of its own and tells what becomes of them by signed messages."""

    name = "paper"
    is_embedded = False

    def __init__(self) -> None:
        self.made: dict[str, Order] = {}
        self.answers: list[Any] = []
        self.stands: Heard | None = None

    def within(self, unit: UnitOfWork) -> "Paper":
        raise AssertionError("it is not asked inside of a transaction")

    def create(self, order: Order) -> Made | Failed | Unknown:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Failed):
            return answer
        self.made[order.reference] = order
        return answer or Made(f"paper-{len(self.made)}", f"https://paper.example/{order.reference}")

    def signing_address(self, reference: str, provider_reference: str) -> str | None:
        return f"https://paper.example/{reference}"

    def look_up(self, reference: str, provider_reference: str | None) -> Heard | None:
        if self.stands is not None:
            return self.stands
        return Heard(reference, "sent", NOW, provider_reference="paper-9") if reference in self.made else None

    def void(self, reference: str, provider_reference: str) -> None:
        self.made.pop(reference, None)

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Heard:
        told_at = headers.get("paper-time", "")
        expected = hmac.new(SECRET, f"{told_at}.".encode() + raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, headers.get("paper-signature", "")):
            raise WebhookRefused
        if abs(now.timestamp() - int(told_at)) > 300:
            raise WebhookRefused
        told = json.loads(raw)
        return Heard(
            told["reference"],
            told["status"],
            datetime.fromisoformat(told["at"]),
            told["event_id"],
            "paper-1",
            told.get("name"),
            told.get("email"),
        )


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paper]:
    provider = Paper()
    monkeypatch.setitem(registry.MAKERS, "paper", lambda _settings: provider)
    yield provider


def tell(api: Api, reference: str, status: str = "signed", **changes: Any) -> httpx.Response:
    told = {"reference": reference, "status": status, "at": "2026-03-01T11:00:00Z", "event_id": "ev1"}
    raw = json.dumps(told | {"name": "Ada Lovelace", "email": "canary@ada.example"} | changes.pop("body", {})).encode()
    at = str(int((NOW + changes.pop("after", timedelta(0))).timestamp()))
    signature = hmac.new(SECRET, f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"Paper-Time": at, "Paper-Signature": signature, "Content-Type": "application/json"}
    return api.client.post("/webhooks/paper", content=changes.pop("raw", raw), headers=headers | changes)


@pytest.mark.covers("POST /webhooks/{provider}")
def test_a_provider_elsewhere_is_believed_by_its_signature_and_once(quoted: Api, paper: Paper, behind: Behind) -> None:
    envelope = done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}))
    reference = envelope["envelope_id"]
    assert (envelope["status"], envelope["signing_address"]) == ("sent", f"https://paper.example/{reference}")
    assert hashlib.sha256(paper.made[reference].document).hexdigest() == envelope["document_sha256"]
    for answer in (
        tell(quoted, reference, raw=b'{"reference": "x"}'),
        tell(quoted, reference, **{"Paper-Signature": "0" * 64}),
        tell(quoted, reference, after=timedelta(seconds=301)),
        tell(quoted, reference, after=timedelta(seconds=-301)),
    ):
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:revhouse:problem:webhook-refused")
    assert evidence(quoted)["status"] == "sent"
    assert tell(quoted, reference).json() == {"has_changed": True}
    kept = evidence(quoted)
    assert (kept["status"], kept["signer_name"], kept["signed_at"]) == (
        "signed",
        "Ada Lovelace",
        "2026-03-01T11:00:00.000000Z",
    )
    assert (deal(quoted)["stage"], deal(quoted)["signed_at"]) == ("won", kept["signed_at"])
    count = len(quoted.log("envelopes"))
    assert tell(quoted, reference).json() == {"has_changed": False}
    assert tell(quoted, reference, "declined", body={"event_id": "ev2"}).json() == {"has_changed": False}
    assert len(quoted.log("envelopes")) == count
    assert quoted.log("envelopes")[-1].actor == "provider:paper"
    assert "canary" not in str(behind("SELECT * FROM change_log"))


def test_messages_about_nothing_change_nothing(quoted: Api, paper: Paper) -> None:
    assert tell(quoted, "env_unknown").json() == {"has_changed": False}
    answer = quoted.client.post("/webhooks/nobody", content=b"{}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "provider")


def test_the_same_address_takes_messages_of_payment_providers(quoted: Api) -> None:
    app: Any = quoted.client.app
    raw, at = b'{"reference": "none", "outcome": "succeeded"}', str(int(NOW.timestamp()))
    headers = {"Revhouse-Sent-At": at, "Revhouse-Signature": webhook_signature("s3cret", at, raw)}
    assert quoted.client.post("/webhooks/local", content=raw, headers=headers).status_code == 401
    app.state.settings.local_payment_webhook_secret = "s3cret"
    assert quoted.client.post("/webhooks/local", content=raw, headers=headers).json() == {"has_changed": False}
    assert quoted.client.post("/webhooks/local", content=raw + b" ", headers=headers).status_code == 401


def test_a_declined_envelope_leaves_the_quote_open(quoted: Api, paper: Paper) -> None:
    reference = done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}))["envelope_id"]
    assert tell(quoted, reference, "declined").json() == {"has_changed": True}
    assert (evidence(quoted)["status"], deal(quoted)["stage"]) == ("declined", "qualified")
    assert sign(quoted, sent(quoted)).status_code == 200


@pytest.mark.parametrize(
    ("answer", "failure"), [(Failed("quota"), "quota"), (RetryLater(30), "retry_later")], ids=["failed", "limited"]
)
def test_what_was_certainly_not_made_has_failed_and_can_be_asked_again(
    quoted: Api, paper: Paper, answer: Any, failure: str
) -> None:
    paper.answers.append(answer)
    envelope = done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}, key="k"))
    assert (envelope["status"], envelope["failure"]) == ("failed", failure)
    assert done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}, key="k")) == envelope
    assert done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}))["status"] == "sent"


def test_without_an_answer_the_provider_is_asked_later_and_never_assumed(quoted: Api, paper: Paper) -> None:
    paper.answers += [Unknown(), RuntimeError("the process died here")]
    assert done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}))["status"] == "requested"
    assert follow_envelopes(quoted.database, Settings()) == 0, "it is given some time"
    quoted.database.clock = FixedClock(NOW + timedelta(minutes=3))
    assert follow_envelopes(quoted.database, Settings()) == 1
    assert (evidence_at(quoted)["status"], len(paper.made)) == ("sent", 1)


def evidence_at(api: Api) -> Any:
    api.database.clock = FixedClock(NOW)
    return evidence(api)


def test_a_request_that_died_half_way_gets_its_answer_from_the_provider(quoted: Api, paper: Paper) -> None:
    paper.answers.append(RuntimeError("the process died here"))
    assert quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}, key="k")[0] == 500
    refused(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}, key="k"), 409, "key-in-flight")
    quoted.database.clock = FixedClock(NOW + timedelta(minutes=3))
    assert follow_envelopes(quoted.database, Settings()) == 1
    quoted.database.clock = FixedClock(NOW)
    answer = done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}, key="k"))
    assert (answer["status"], answer["failure"]) == ("failed", "not_made")
    assert done(quoted.call("POST", "/deals/D1/sign", {"provider": "paper"}))["status"] == "sent"
