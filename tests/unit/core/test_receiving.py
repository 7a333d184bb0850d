"""A large body comes to disk as it is sent; one that stops, grows too large or finds no disk leaves nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from transactional_api.access.receiving import BodyLate, NoIntake, NotTaken, TooLarge, receive
from transactional_api.idempotency.service import fingerprint


class Folder:
    """As much of an intake as receiving needs."""

    most_bytes = 10

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, tenant_id: str) -> Path:
        return self.folder / f".{tenant_id}.copying"


def request(intake: Any, *chunks: bytes, pause: float = 0) -> Any:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            await asyncio.sleep(pause)
            yield chunk

    state = SimpleNamespace(intake=intake, settings=SimpleNamespace(body_seconds=0.05))
    scope = {"path": "/upload", "query_string": b"a=1"}
    return SimpleNamespace(app=SimpleNamespace(state=state), stream=stream, method="POST", scope=scope)


def test_what_came_is_on_disk_and_hashed_as_if_it_had_come_at_once(tmp_path: Path) -> None:
    sent = asyncio.run(receive(request(Folder(tmp_path), b"abc", b"", b"def"), "acme"))
    assert sent.path.read_bytes() == b"abcdef"
    assert sent.fingerprint == fingerprint("POST", "/upload", b"a=1", b"abcdef")
    assert sent.fingerprint == hashlib.sha256(b"POST /upload?a=1\nabcdef").hexdigest()


def test_a_body_that_stops_coming_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(BodyLate):
        asyncio.run(receive(request(Folder(tmp_path), b"abc", b"def", pause=0.2), "acme"))
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_too_large_is_given_up_as_soon_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        asyncio.run(receive(request(Folder(tmp_path), b"12345", b"67890", b"1"), "acme"))
    assert list(tmp_path.iterdir()) == []


def test_without_a_disk_or_an_intake_nothing_is_taken(tmp_path: Path) -> None:
    with pytest.raises(NotTaken):
        asyncio.run(receive(request(Folder(tmp_path / "absent"), b"1"), "acme"))
    with pytest.raises(NoIntake):
        asyncio.run(receive(request(None, b"1"), "acme"))
