"""One line and a few counts per request. Outermost of all, in plain ASGI, since every request pays for it.

Routes are named by their template: a path holds ids, a query holds whatever people search for.
"""

import logging
import re
import secrets
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transactional_api.operations.logs import FIELDS
from transactional_api.operations.metrics import DATABASE_ERRORS, IN_FLIGHT, LATENCY, REQUESTS

log = logging.getLogger("revhouse.requests")
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_QUIET = frozenset({"/health", "/liveness", "/metrics", "/readiness"})


class Observed:
    """Gives every request an id, its own or the one that it came with, and says what became of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 499
        request_id = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        if not _REQUEST_ID.match(request_id):
            request_id = secrets.token_hex(8).encode()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        IN_FLIGHT.inc()
        try:
            await self.app(scope, receive, answer)
        finally:
            IN_FLIGHT.dec()
            self._tell(scope, status, request_id, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, request_id: bytes, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", None) or "none"
        count, latency = self._child(method, route, status)
        count.inc()
        latency.observe(seconds)
        if status == 503 and route not in _QUIET:
            DATABASE_ERRORS.inc()
        if route in _QUIET and status < 400:
            return
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "request_id": request_id.decode(),
        }
        identity = scope.get("state", {}).get("identity")
        if identity is not None:
            fields |= {"tenant": identity.tenant_id, "actor": identity.actor}
        level = logging.ERROR if status >= 500 else logging.INFO
        if log.isEnabledFor(level):
            log.log(level, "request", extra={FIELDS: fields})

    def _child(self, method: str, route: str, status: int) -> tuple[Any, Any]:
        """Finding a child by its labels costs more than counting, so it is found once."""
        key = (method, route, status)
        found = self._children.get(key)
        if found is None:
            found = (REQUESTS.labels(method, route, str(status)), LATENCY.labels(method, route))
            self._children[key] = found
        return found
