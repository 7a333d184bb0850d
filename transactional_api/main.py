"""The application: `create_app` puts domains, access, problem documents and pages together."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from transactional_api import health
from transactional_api.access import endpoints as access
from transactional_api.access.boundary import authenticated
from transactional_api.access.service import ensure_admin_key
from transactional_api.access.session import SessionSecret
from transactional_api.customers import endpoints as customers
from transactional_api.dashboards import endpoints as dashboards
from transactional_api.database import Database
from transactional_api.deals import endpoints as deals
from transactional_api.invoices import endpoints as invoices
from transactional_api.kit.http import PROBLEM, OversizedAsProblem, Problem, install_problems
from transactional_api.payments import endpoints as payments
from transactional_api.ports import Builder, Intake, Reader
from transactional_api.products import endpoints as products
from transactional_api.settings import Settings
from transactional_api.subscriptions import endpoints as subscriptions

DOMAINS = (customers, products, subscriptions, deals, invoices, payments, access)
MAX_BODY_BYTES = 2_000_000
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "Refused", "content": {PROBLEM: {}}},
    "5XX": {"model": Problem, "description": "Not done", "content": {PROBLEM: {}}},
}


class Core(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """Outermost, because the framework's own limit of a body answers outside of all other middleware."""
        return OversizedAsProblem(super().build_middleware_stack())


def create_app(
    settings: Settings,
    *,
    intake: Intake | None = None,
    reader: Reader | None = None,
    builder: Builder | None = None,
) -> FastAPI:
    """An application over one core. When it starts it migrates, and on the very first start prints an admin key."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        database.migrate()
        _print_first_key(database, settings.default_tenant)
        yield
        database.close()

    app = Core(
        title="Revhouse core",
        version="0.1.0",
        description="Writes customers, subscriptions, deals, invoices and payments; shows the published figures.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
    )
    app.state.database = database
    app.state.settings = settings
    app.state.session_secret = SessionSecret(settings.home)
    app.state.intake, app.state.reader, app.state.builder = intake, reader, builder
    install_problems(app)
    # Everything asks for a key, except what is listed here by name.
    private = APIRouter(dependencies=[Depends(authenticated)], responses=REFUSALS)
    for domain in DOMAINS:
        private.include_router(domain.router)
    app.include_router(private)
    app.include_router(health.router)
    app.include_router(dashboards.router)
    return app


def _print_first_key(database: Database, tenant_id: str) -> None:
    key = ensure_admin_key(database, tenant_id)
    if key is not None:
        sys.stdout.write(f"revhouse: API key of tenant {tenant_id} (shown once, keep it): {key}\n")
        sys.stdout.flush()
