"""What a signature is over, and what breaks it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from transactional_api.signatures import rules
from transactional_api.signatures.errors import AlreadySigned, LinkOver, SignatureRefused
from transactional_api.signatures.rules import Signer, Statement

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIGNER = Signer("Ada Lovelace", "ada@example.com", "203.0.113.9", "Browser/1")
STATEMENT = Statement("acme", "E", "D", "Q", "0" * 64, "2026-03-01T00:00:00.000000Z", "1" * 64)


@pytest.mark.parametrize("field", list(STATEMENT.__dataclass_fields__))
def test_a_signature_holds_for_exactly_what_was_signed(field: str) -> None:
    signature, public = rules.sign(Ed25519PrivateKey.generate(), STATEMENT)
    assert rules.is_signed(STATEMENT, signature, public)
    assert not rules.is_signed(replace(STATEMENT, **{field: "other"}), signature, public)


def test_another_key_or_a_broken_signature_proves_nothing() -> None:
    signature, _ = rules.sign(Ed25519PrivateKey.generate(), STATEMENT)
    _, other = rules.sign(Ed25519PrivateKey.generate(), STATEMENT)
    assert not rules.is_signed(STATEMENT, signature, other)
    assert not rules.is_signed(STATEMENT, "AAAA", other)
    assert not rules.is_signed(STATEMENT, signature, "not base64!")


@pytest.mark.parametrize("field", ["name", "email", "address", "agent"])
def test_the_digest_stands_for_every_value_of_the_signer_and_its_salt(field: str) -> None:
    digest = rules.signer_digest("salt", SIGNER)
    assert digest != rules.signer_digest("salt", replace(SIGNER, **{field: "other"}))
    assert digest != rules.signer_digest("pepper", SIGNER)


@pytest.mark.parametrize("name", ["", "A", "Ada\nLovelace", "A" * 201])
def test_a_signer_has_a_name(name: str) -> None:
    with pytest.raises(SignatureRefused):
        rules.check_signer(name, True)


def test_nobody_signs_without_consent_too_late_or_twice() -> None:
    with pytest.raises(SignatureRefused):
        rules.check_signer("Ada Lovelace", False)
    rules.check_open("sent", NOW + timedelta(seconds=1), NOW)
    with pytest.raises(LinkOver):
        rules.check_open("sent", NOW, NOW)
    with pytest.raises(AlreadySigned):
        rules.check_open("signed", NOW + timedelta(days=1), NOW)
    for status in ("requested", "declined", "expired", "voided", "failed"):
        with pytest.raises(LinkOver):
            rules.check_open(status, NOW + timedelta(days=1), NOW)
