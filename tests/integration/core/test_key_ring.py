"""A key is remembered for a second, and no longer than it is good."""

import pytest

from transactional_api.access import key_ring
from transactional_api.access.accounts import change_account, create_account
from transactional_api.access.errors import KeyRefused
from transactional_api.access.identity import Identity
from transactional_api.access.key_ring import SECONDS, KeyRing
from transactional_api.access.service import create_key, identify, revoke_key
from transactional_api.database import Database


def made(database: Database, account_id: str | None = None) -> tuple[str, str]:
    with database.transaction("acme", "test") as unit:
        row, key = create_key(unit, "one", ("admin",), account_id)
    return row.key_id, key


def test_a_key_is_asked_for_once_a_second(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(of: Database, key: str) -> Identity:
        asked.append(key)
        return identify(of, key)

    monkeypatch.setattr(key_ring, "identify", counted)
    now = [0.0]
    ring, (_, key) = KeyRing(database, lambda: now[0]), made(database)
    for now[0] in (0.0, 0.5, SECONDS - 0.01, SECONDS, SECONDS + 0.5):
        assert (ring.remembered(key) or ring.identify(key)).tenant_id == "acme"
    assert len(asked) == 2
    with pytest.raises(KeyRefused):
        ring.identify(key + "x")
    assert ring.remembered(key + "x") is None


def test_a_key_that_is_revoked_is_forgotten_at_once_here_and_within_a_second_elsewhere(database: Database) -> None:
    now = [0.0]
    here, (key_id, key) = KeyRing(database, lambda: now[0]), made(database)
    elsewhere = KeyRing(database, lambda: now[0])
    known = here.identify(key)
    elsewhere.identify(key)
    key_ring._rings.discard(elsewhere)  # as in another process
    with database.transaction("acme", "test") as unit:
        revoke_key(unit, key_id)
        unit.session.flush()
        assert here.remembered(key) == known  # until it is committed it is good
    assert here.remembered(key) is None
    with pytest.raises(KeyRefused):
        here.identify(key)
    assert elsewhere.remembered(key) == known
    now[0] = SECONDS
    assert elsewhere.remembered(key) is None


def test_a_disabled_account_takes_its_keys_along_at_once(database: Database) -> None:
    with database.transaction("acme", "test") as unit:
        create_account(unit, login="a@example.com", roles=("admin",))
        account, _ = create_account(unit, login="b@example.com", roles=("admin",))
    ring, (_, key) = KeyRing(database), made(database, account.account_id)
    ring.identify(key)
    with database.transaction("acme", "test") as unit:
        change_account(unit, account.account_id, {"status": "disabled"})
    assert ring.remembered(key) is None
    with pytest.raises(KeyRefused):
        ring.identify(key)


def test_an_answer_that_is_older_than_a_change_is_not_remembered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, (_, key) = KeyRing(database), made(database)

    def overtaken(of: Database, asked: str) -> Identity:
        found = identify(of, asked)
        ring.forget()
        return found

    monkeypatch.setattr(key_ring, "identify", overtaken)
    assert ring.identify(key).tenant_id == "acme"
    assert ring.remembered(key) is None
