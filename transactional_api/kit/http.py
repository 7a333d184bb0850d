"""HTTP in one place: what bodies may contain, and problem documents (RFC 9457) for everything that is refused."""

import logging
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from transactional_api.database import DatabaseUnavailable
from transactional_api.kit.clock import as_utc, instant_text
from transactional_api.kit.errors import DomainError
from transactional_api.kit.ids import ID_PATTERN
from transactional_api.kit.money import AMOUNT_PATTERN
from transactional_api.kit.pagination import MAX_LIMIT, Page

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
Item = TypeVar("Item")
Row = TypeVar("Row")


class Body(BaseModel):
    """A request's body. Unknown fields are refused, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Result(BaseModel):
    """A response's body, read from a row."""

    model_config = ConfigDict(from_attributes=True)


class PageOf(BaseModel, Generic[Item]):
    """`next_cursor` is null on the last page."""

    items: list[Item]
    next_cursor: str | None


def listed(page: Page[Row], shape: Callable[[Row], Item]) -> PageOf[Item]:
    """A page of rows on the wire."""
    return PageOf(items=[shape(row) for row in page.items], next_cursor=page.next_cursor)


class ProblemField(BaseModel):
    """`field` is the path in the request, such as `lines.0.unit_amount`."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] = []


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "Refused", "content": {PROBLEM: {}}},
    "5XX": {"model": Problem, "description": "Not done", "content": {PROBLEM: {}}},
}


def _text_matching(pattern: str, meaning: str) -> BeforeValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, (date, Decimal)):
            return value  # from a row: JSON has neither
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError(meaning)
        return value

    return BeforeValidator(check)


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_utc(value)  # from a row: JSON has no instants
    if not isinstance(value, str):
        raise ValueError("an instant is text such as 2026-01-31T09:00:00Z")
    try:
        return as_utc(datetime.fromisoformat(value))
    except OverflowError as error:
        raise ValueError("an instant is within the years 1 to 9999 in UTC") from error


Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
AmountText = Annotated[
    str,
    _text_matching(AMOUNT_PATTERN, 'an amount is a decimal in text, such as "1250.00"'),
    WithJsonSchema({"type": "string", "pattern": AMOUNT_PATTERN, "examples": ["1250.00"]}),
]
DayText = Annotated[
    date,
    _text_matching(r"\d{4}-\d{2}-\d{2}", "a date is text such as 2026-01-31"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
InstantText = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _decimal(digits: int, decimals: int) -> BeforeValidator:
    pattern = rf"\d{{1,{digits}}}(\.\d{{1,{decimals}}})?"
    return _text_matching(pattern, f"a decimal in text with at most {digits} digits and {decimals} decimals")


_AS_TEXT = PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json")
_TEXT = WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?$"})
Quantity = Annotated[Decimal, _decimal(12, 6), _AS_TEXT, _TEXT]
SIGNED_PATTERN = r"^-?\d{1,12}(\.\d{1,6})?$"
SignedQuantity = Annotated[
    Decimal,
    _text_matching(SIGNED_PATTERN, "a decimal in text with at most 12 digits and 6 decimals"),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "pattern": SIGNED_PATTERN}),
]
Percent = Annotated[Decimal, _decimal(3, 6), _AS_TEXT, _TEXT]
Fraction = Annotated[Decimal, _decimal(1, 12), _AS_TEXT, _TEXT]


def problem_body(error: DomainError) -> str:
    """The problem document of a broken law, as JSON text."""
    fields = [ProblemField(field=error.field, message=error.detail)] if error.field else []
    return Problem(
        type=f"urn:revhouse:problem:{error.slug()}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        errors=fields,
    ).model_dump_json()


def problem(status: int, title: str, detail: str, slug: str, errors: list[ProblemField] | None = None) -> JSONResponse:
    document = Problem(
        type=f"urn:revhouse:problem:{slug}", title=title, status=status, detail=detail, errors=errors or []
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(document.model_dump(), status, headers, PROBLEM)


def install_problems(app: FastAPI) -> None:
    """Every refusal leaves as a problem document; none of them repeats what was sent."""

    @app.exception_handler(DomainError)
    def domain(_request: Request, error: DomainError) -> Response:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return Response(problem_body(error), error.status, headers, PROBLEM)

    @app.exception_handler(RequestValidationError)
    def validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            ProblemField(field=_path(one["loc"]), message=str(one["msg"]).removeprefix("Value error, "))
            for one in error.errors()
        ]
        named = ", ".join(dict.fromkeys(field.field for field in fields))
        return problem(422, "The request is not acceptable", f"not acceptable: {named}", "request-refused", fields)

    @app.exception_handler(HTTPException)
    def plain(request: Request, error: HTTPException) -> JSONResponse:
        title = str(error.detail)
        answer = problem(error.status_code, title, title, f"http-{error.status_code}")
        if error.status_code == 405:
            answer.headers["Allow"] = ", ".join(sorted(_methods(app, request.url.path)))
        return answer

    @app.exception_handler(DatabaseUnavailable)
    def unavailable(_request: Request, error: DatabaseUnavailable) -> JSONResponse:
        log.error("%s", error)
        detail = "the database cannot be used now; nothing was written"
        return problem(503, "The database is not available", detail, "database-unavailable")

    @app.exception_handler(Exception)
    def unexpected(_request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected %s", type(error).__name__, exc_info=error)
        return problem(500, "Unexpected error", "nothing was written; the error is in the log", "unexpected")


class OversizedAsProblem:
    """The framework refuses a body that is too large in plain text, before any handler; this writes the problem."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def forward(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                is_replaced = Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
                if is_replaced:
                    answer = problem(413, "The body is too large", "the body is too large", "http-413")
                    await answer(scope, receive, send)
            if not is_replaced:
                await send(message)

        await self.app(scope, receive, forward)


def _methods(app: FastAPI, path: str) -> set[str]:
    """All that the address takes by the OpenAPI: of every route with the template of the first that fits. The framework
    itself names only the methods of that one."""
    every = list(iter_route_contexts(getattr(app, "operations", app.routes)))
    fitting = [one for one in every if (words := getattr(one, "path_regex", None)) and words.match(path)]
    return {method for one in every if fitting and one.path == fitting[0].path for method in one.methods or ()}


def _path(location: tuple[int | str, ...]) -> str:
    """Without the part of the request that it is in; what is wrong with a body as a whole is named `body`."""
    inside = [str(part) for part in location[1:]]
    return ".".join(inside) if any(isinstance(part, str) for part in location[1:]) else str(location[0])
