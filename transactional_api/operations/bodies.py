"""What is refused before it is parsed: bodies that nest too deeply, and bodies that do not come.

How large a body may be is the framework's own limit (see `main.py`).
"""

import asyncio
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transactional_api.kit.http import problem

MAX_DEPTH = 32
_STRING = re.compile(rb'"(?:[^"\\]+|\\.)*"?', re.DOTALL)
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def is_too_deep(body: bytes) -> bool:
    """Whether arrays and objects stand in each other more than 32 deep; malformed JSON may be judged either way.

    Of what stands outside of strings only brackets are kept, all of one kind; each pass takes away the innermost pairs.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    left = _STRING.sub(b"", body).translate(_AS_ARRAYS, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        left = left.replace(b"[]", b"")
        if not left:
            return False
    return b"[" in left


class BodyGuard:
    """Reads JSON bodies before anything else does, within a limit of time."""

    def __init__(self, app: ASGIApp, seconds: float, most_bytes: int) -> None:
        self.app = app
        self._seconds = seconds
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_json(scope):
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                messages = await self._read(receive)
        except TimeoutError:
            answer = problem(
                408, "The body did not come", f"a body comes within {self._seconds:g} seconds", "body-late"
            )
            answer.headers["connection"] = "close"
            await answer(scope, receive, send)
            return
        if is_too_deep(b"".join(message.get("body", b"") for message in messages)):
            detail = f"arrays and objects stand in each other at most {MAX_DEPTH} deep"
            await problem(400, "The body nests too deeply", detail, "body-too-deep")(scope, receive, send)
            return
        waiting = iter(messages)

        async def again() -> Message:
            return next(waiting, None) or await receive()

        await self.app(scope, again, send)

    async def _read(self, receive: Receive) -> list[Message]:
        """Until the body ends, the sender is gone, or it is larger than the framework is going to accept."""
        messages, size = [], 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body") or size > self._most_bytes:
                return messages


def _has_json(scope: Scope) -> bool:
    """A body of another kind, such as an upload, is read as it comes."""
    has_body, kind = False, b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            has_body = has_body or value != b"0"
        elif name == b"transfer-encoding":
            has_body = True
        elif name == b"content-type":
            kind = value
    return has_body and (not kind or b"json" in kind.lower())
