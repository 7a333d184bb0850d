"""The boundary of a request: who calls, what they may, and the one transaction in which the call is worked."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Literal, TypeVar, cast

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from transactional_api.access.errors import Forbidden, KeyRefused, OtherTenant
from transactional_api.access.identity import Identity
from transactional_api.access.key_ring import KeyRing
from transactional_api.access.permissions import ALL
from transactional_api.access.receiving import receive
from transactional_api.access.service import PREFIX
from transactional_api.database import Database, Overtaken, UnitOfWork
from transactional_api.idempotency import service as idempotency
from transactional_api.idempotency.errors import KeyInFlight, KeyMissing, KeyReused
from transactional_api.idempotency.service import Answer, Claim
from transactional_api.kit.errors import DomainError, ValueRefused
from transactional_api.kit.http import PROBLEM, REFUSALS, problem_body

# How often a transaction that another one overtook is tried again before the caller hears of it.
AGAIN = 2
Begun = TypeVar("Begun")
Outcome = TypeVar("Outcome")
Out = TypeVar("Out", bound=BaseModel | None)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
# In the OpenAPI as the framework would write them. That it also reads them costs more than all else at the door.
SECURITY_SCHEMES = {
    "HTTPBearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token or an API key; its tenant is that of the request.",
    }
}
_SECURITY: dict[str, Any] = {"security": [{"HTTPBearer": []}]}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Yours, one per thing to be done: sent again with the same request, the first answer comes again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
}


class Caller:
    """An authenticated request. Its tenant comes from the key or token and from nowhere else."""

    def __init__(self, database: Database, identity: Identity, request: Request) -> None:
        self.database = database
        self.identity = identity
        self.claim: Claim | None = None
        self._request = request

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Committed when the block ends: before the answer leaves."""
        with self.database.transaction(self.identity.tenant_id, self.identity.actor) as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with self.database.read(self.identity.tenant_id, self.identity.actor) as unit:
            yield unit

    def perform(self, work: Callable[[UnitOfWork], Out], *, shown_once: str | None = None) -> Out:
        """Do the work once in one transaction, with its answer under the request's key.

        What it returns is the finished response, typed as the result from which the OpenAPI is derived.
        The field `shown_once` is a secret: it is null in the stored answer, so that it is kept nowhere.
        """
        for _ in range(AGAIN):
            with suppress(Overtaken):
                return self._perform(work, shown_once)
        return self._perform(work, shown_once)

    def _perform(self, work: Callable[[UnitOfWork], Out], shown_once: str | None) -> Out:
        if self.claim is None:
            with self.write() as unit:
                answer = self._answer(work(unit))
            return cast(Out, _response(answer))
        try:
            with self.write() as unit:
                first = idempotency.find(unit.session, self.claim)
                if first is None:
                    result = work(unit)
                    answer = self._answer(result)
                    idempotency.keep(unit, self.claim, self._without(result, shown_once) if shown_once else answer)
        except (KeyInFlight, KeyReused):
            raise
        except DomainError as error:
            return cast(Out, self._keep_refusal(error, self.claim))
        return cast(Out, _response(answer) if first is None else _response(first, is_replay=True))

    def perform_outside(
        self,
        begin: Callable[[UnitOfWork], tuple[str, Begun]],
        call: Callable[[Begun], Outcome],
        finish: Callable[[UnitOfWork, Outcome], Out],
    ) -> Out:
        """Work with somebody else's machine in its middle: `begin` commits what is going to be done and names the
        subject for which the key is held, `call` runs outside of any transaction, `finish` commits its outcome and
        the answer. Whoever finds the subject unfinished later settles the key (see `idempotency.service.settle`)."""
        claim = self.claim
        try:
            with self.write() as unit:
                first = idempotency.find(unit.session, claim) if claim else None
                if first is None:
                    subject, begun = begin(unit)
                    if claim:
                        idempotency.hold(unit, claim, subject)
        except (KeyInFlight, KeyReused):
            raise
        except DomainError as error:
            if claim is None:
                raise
            return cast(Out, self._keep_refusal(error, claim))
        if first is not None:
            return cast(Out, _response(first, is_replay=True))
        outcome = call(begun)
        with self.write() as unit:
            answer = self._answer(finish(unit, outcome))
            idempotency.settle(unit, subject, answer)
        return cast(Out, _response(answer))

    def perform_beside(self, work: Callable[[], Out]) -> Out:
        """Work that is not in this database and does no harm when it is done again: its answer is kept after it."""
        claim = self.claim
        if claim is not None:
            with self.write() as unit:
                first = idempotency.find(unit.session, claim)
            if first is not None:
                return cast(Out, _response(first, is_replay=True))
        try:
            answer = self._answer(work())
        except DomainError as error:
            if claim is None or error.status >= 500:
                raise
            return cast(Out, self._keep_refusal(error, claim))
        if claim is not None:
            with self.write() as unit:
                if idempotency.find(unit.session, claim) is None:
                    idempotency.keep(unit, claim, answer)
        return cast(Out, _response(answer))

    def _answer(self, result: BaseModel | None) -> Answer:
        status = self._request.scope["route"].status_code or 200
        return Answer(status, "" if result is None else result.model_dump_json())

    def _without(self, result: BaseModel | None, secret: str) -> Answer:
        return self._answer(None if result is None else result.model_copy(update={secret: None}))

    def _keep_refusal(self, error: DomainError, claim: Claim) -> Response:
        """The same question gets the same refusal. Whoever was quicker under the same key is answered as they were."""
        answer = Answer(error.status, problem_body(error))
        with self.write() as unit:
            first = idempotency.find(unit.session, claim)
            if first is None:
                idempotency.keep(unit, claim, answer)
        return _response(answer if first is None else first, is_replay=first is not None)


async def authenticated(request: Request) -> Caller:
    """A token is believed by its signature; a key is looked up."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise KeyRefused
    database: Database = request.app.state.database
    secret = secret.strip()
    if secret.startswith(f"{PREFIX}_"):
        ring: KeyRing = request.app.state.key_ring
        identity = ring.remembered(secret)
        if identity is None and database.is_sqlite:
            identity = ring.identify(secret)  # a look into a file that waits for nobody: quicker than another thread
        elif identity is None:
            identity = await run_in_threadpool(ring.identify, secret)
    else:
        identity = request.app.state.access_tokens.read(secret, database.clock.now())
    if request.scope["query_string"]:
        for tenant_id in request.query_params.getlist("tenant_id"):
            if tenant_id != identity.tenant_id:
                raise OtherTenant(tenant_id)
    request.state.identity = identity
    request.state.caller = Caller(database, identity, request)
    return request.state.caller  # type: ignore[no-any-return]


async def _caller(request: Request) -> Caller:
    """Whoever was let in. Where nobody was there is no caller, and the request fails."""
    return request.state.caller  # type: ignore[no-any-return]


CallerDep = Annotated[Caller, Depends(_caller)]


def reads(permission: str) -> dict[str, Any]:
    """Arguments of a route's decorator: who may read."""
    return _route(_door(permission), {"x-permission": permission})


def writes(permission: str, key: Literal["optional", "required"] = "optional") -> dict[str, Any]:
    """Arguments of a route's decorator: who may write, and whether only under an idempotency key."""
    is_needed = key == "required"
    shown = {"parameters": [_KEY_HEADER | {"required": is_needed}]}
    return _route(_keyed_door(permission, is_needed), {"x-permission": permission, "x-idempotency-key": key, **shown})


def uploads(permission: str) -> dict[str, Any]:
    """Arguments of a route's decorator: who may send a file. It waits on disk, in `request.state.sent`."""
    file = {"schema": {"type": "string", "format": "binary"}}
    body = {"required": True, "content": {"application/octet-stream": file, "text/csv": file}}
    shown = {"parameters": [_KEY_HEADER | {"required": False}], "requestBody": body}
    return _route(_uploading_door(permission), {"x-permission": permission, "x-idempotency-key": "optional", **shown})


def own() -> dict[str, Any]:
    """Arguments of a route's decorator: everybody who is signed in may do it to themselves."""
    return _route(authenticated, {"x-permission": "signed in"})


def check_private(routes: Iterable[APIRoute]) -> None:
    """Raises ValueError for a route without a door: one that was not made with `reads`, `writes` or `own`."""
    for route in routes:
        if not any(getattr(one.dependency, "is_door", False) for one in route.dependencies):
            raise ValueError(f"{route.path} lets everybody in")


def _route(door: Callable[..., Any], extra: dict[str, Any]) -> dict[str, Any]:
    """One dependency that does all of it: each costs every request."""
    door.is_door = True  # type: ignore[attr-defined]
    return {"dependencies": [Depends(door)], "openapi_extra": _SECURITY | extra, "responses": REFUSALS}


def _door(permission: str) -> Callable[..., Any]:
    if permission not in ALL:
        raise ValueError(f"{permission} does not stand in permissions.py")

    async def door(request: Request) -> Caller:
        caller = await authenticated(request)
        if not caller.identity.may(permission):
            raise Forbidden(permission)
        return caller

    return door


def _keyed_door(permission: str, is_needed: bool) -> Callable[..., Any]:
    door = _door(permission)

    async def keyed_door(request: Request) -> None:
        caller = await door(request)
        key = request.headers.get("idempotency-key")
        if key is not None:
            _check_key(key)
            body = await request.body()
            print_ = idempotency.fingerprint(request.method, request.scope["path"], request.scope["query_string"], body)
            caller.claim = Claim(caller.identity.actor, key, print_)
        elif is_needed:
            raise KeyMissing

    return keyed_door


def _uploading_door(permission: str) -> Callable[..., Any]:
    """The body goes to a file as it comes; whatever happens then, nothing of it is left at the end."""
    door = _door(permission)

    async def uploading_door(request: Request) -> AsyncIterator[None]:
        caller = await door(request)
        key = request.headers.get("idempotency-key")
        if key is not None:
            _check_key(key)
        sent = await receive(request, caller.identity.tenant_id)
        try:
            if key is not None:
                caller.claim = Claim(caller.identity.actor, key, sent.fingerprint)
            request.state.sent = sent
            yield
        finally:
            sent.path.unlink(missing_ok=True)

    return uploading_door


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueRefused("1 to 200 visible characters of ASCII", "Idempotency-Key")


def _response(answer: Answer, is_replay: bool = False) -> Response:
    headers = {"Idempotency-Replayed": "true"} if is_replay else None
    kind = None
    if answer.body:
        kind = PROBLEM if answer.status >= 400 else "application/json"
    return Response(answer.body or None, answer.status, headers, kind)
