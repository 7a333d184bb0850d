"""Pages: the dashboard with its login, the description of the API, and the files that they load from here only."""

from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from transactional_api.access.accounts import active_account, change_password, sign_in
from transactional_api.access.errors import KeyRefused, LoginRefused, PasswordRefused
from transactional_api.access.identity import Identity
from transactional_api.access.service import identify, identify_by_id
from transactional_api.access.session import COOKIE, expiry
from transactional_api.dashboards.figures import read_figures
from transactional_api.dashboards.pages import STATIC, dashboard_page, docs_page, login_page
from transactional_api.database import Database

router = APIRouter(include_in_schema=False)

# Nothing from another host. Plotly writes style attributes, which is why styles may be inline and scripts may not.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
        " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
MAX_LOGIN_BYTES = 4096
ASSETS = {
    "dashboard.css": "text/css",
    "dashboard.js": "text/javascript",
    "docs.js": "text/javascript",
    "plotly.min.js": "text/javascript",
}


@router.get("/")
def root() -> RedirectResponse:
    return RedirectResponse("/dashboard")


@router.get("/dashboard")
def dashboard(request: Request) -> HTMLResponse:
    """The tenant's published figures, or the login."""
    identity = _session(request)
    if identity is None:
        return HTMLResponse(login_page(), headers=HEADERS)
    if not identity.may("metrics:read"):
        return HTMLResponse(login_page("Your roles do not show figures."), 403, HEADERS)
    figures = read_figures(request.app.state.reader, identity.tenant_id)
    return HTMLResponse(dashboard_page(figures, identity.tenant_id), headers=HEADERS)


@router.post("/dashboard/login")
async def login(request: Request) -> Response:
    """Takes a password or a key once, and answers with a cookie that no script can read and no other site can send."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_LOGIN_BYTES:
            return HTMLResponse(login_page("That is no login."), 413, HEADERS)
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    try:
        holder = await run_in_threadpool(_holder, request, form)
    except LoginRefused:
        return HTMLResponse(login_page("Login or password is wrong.", form.get("login", "")), 401, HEADERS)
    except KeyRefused:
        return HTMLResponse(login_page("That key is not known, or was revoked."), 401, HEADERS)
    except PasswordRefused as error:
        return HTMLResponse(login_page(f"{error.detail}.", form.get("login", ""), True), 422, HEADERS)
    if holder is None:
        message = "This password is good once: set your own."
        return HTMLResponse(login_page(message, form.get("login", ""), True), 200, HEADERS)
    hours = request.app.state.settings.session_hours
    until = expiry(datetime.now(UTC), hours)
    answer = RedirectResponse("/dashboard", 303, HEADERS)
    answer.set_cookie(
        COOKIE,
        request.app.state.session_secret.sign(holder, until),
        max_age=hours * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/dashboard",
    )
    return answer


@router.post("/dashboard/logout")
def logout() -> Response:
    answer = RedirectResponse("/dashboard", 303, HEADERS)
    answer.delete_cookie(COOKIE, path="/dashboard")
    return answer


@router.get("/docs")
def docs() -> HTMLResponse:
    return HTMLResponse(docs_page(), headers=HEADERS)


@router.get("/static/{name}")
def static(name: str) -> Response:
    """The few files that pages load; anything else is not there."""
    if name not in ASSETS:
        return Response(status_code=404)
    path = _plotly() if name == "plotly.min.js" else STATIC / name
    return FileResponse(path, media_type=ASSETS[name], headers={**HEADERS, "Cache-Control": "public, max-age=3600"})


@lru_cache(maxsize=1)
def _plotly() -> Path:
    with as_file(files("plotly").joinpath("package_data/plotly.min.js")) as path:
        return path


def _holder(request: Request, form: dict[str, str]) -> str | None:
    """Whom the cookie will name, as `key:<id>` or `account:<id>`; None while a one-time password waits for another.

    Raises LoginRefused, KeyRefused, PasswordRefused.
    """
    database: Database = request.app.state.database
    if "key" in form:
        return identify(database, form["key"].strip()).actor
    tenant_id, password = request.app.state.settings.default_tenant, form.get("password", "")
    signed = sign_in(database, tenant_id, form.get("login", ""), password)
    if signed.must_change_password:
        if "new_password" not in form:
            return None
        with database.transaction(tenant_id, f"account:{signed.account_id}") as unit:
            change_password(unit, signed.account_id, password, form["new_password"])
    return f"account:{signed.account_id}"


def _session(request: Request) -> Identity | None:
    cookie = request.cookies.get(COOKIE)
    holder = request.app.state.session_secret.read(cookie, datetime.now(UTC)) if cookie else None
    if holder is None:
        return None
    database: Database = request.app.state.database
    kind, _, holder_id = holder.partition(":")
    try:
        if kind == "key":
            return identify_by_id(database, holder_id)
    except KeyRefused:
        return None
    tenant_id = request.app.state.settings.default_tenant
    account = active_account(database, tenant_id, holder_id) if kind == "account" else None
    return None if account is None else Identity.of(tenant_id, holder, account.roles.split(), account.account_id)
