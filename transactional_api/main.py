"""The application: `create_app` puts domains, access, problem documents and pages together."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from transactional_api import health
from transactional_api.access import endpoints as access
from transactional_api.access.accounts import ADMIN, ensure_admin
from transactional_api.access.boundary import SECURITY_SCHEMES, check_private
from transactional_api.access.key_ring import KeyRing
from transactional_api.access.limits import Limits
from transactional_api.access.session import SessionSecret
from transactional_api.access.tokens import AccessTokens
from transactional_api.accounting import endpoints as accounting
from transactional_api.approvals import endpoints as approvals
from transactional_api.audit import endpoints as audit
from transactional_api.customers import endpoints as customers
from transactional_api.dashboards import endpoints as dashboards
from transactional_api.database import Database
from transactional_api.deals import endpoints as deals
from transactional_api.events import endpoints as events
from transactional_api.intake import endpoints as intake_domain
from transactional_api.invoices import endpoints as invoices
from transactional_api.jobs import ALL_JOBS
from transactional_api.kit.http import REFUSALS, OversizedAsProblem, install_problems
from transactional_api.kit.jobs import JobRunner
from transactional_api.operations.bodies import BodyGuard
from transactional_api.operations.lifecycle import Lifecycle
from transactional_api.operations.metrics import count_round
from transactional_api.operations.observing import Observed
from transactional_api.operations.stock import Stock
from transactional_api.payments import endpoints as payments
from transactional_api.periods import endpoints as periods
from transactional_api.policies import endpoints as policies
from transactional_api.ports import Builder, Intake, Reader
from transactional_api.privacy import endpoints as privacy
from transactional_api.products import endpoints as products
from transactional_api.quotes import endpoints as quotes
from transactional_api.receivables import endpoints as receivables
from transactional_api.revenue import endpoints as revenue
from transactional_api.routing import Directory
from transactional_api.sellers import endpoints as sellers
from transactional_api.settings import Settings
from transactional_api.signatures import endpoints as signatures
from transactional_api.subscriptions import endpoints as subscriptions
from transactional_api.tax import endpoints as tax
from transactional_api.webhooks import register_all

DOMAINS = (
    customers,
    products,
    subscriptions,
    policies,
    deals,
    quotes,
    approvals,
    signatures,
    invoices,
    payments,
    access,
    audit,
    privacy,
    events,
    sellers,
    intake_domain,
    tax,
    accounting,
    receivables,
    revenue,
    periods,
)
MAX_BODY_BYTES = 2_000_000
# Traces and figures of a telemetry system are nobody's here; the process tells its own (see `operations`).
UNTOLD: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


class Core(FastAPI):
    """The operations that ask for a key stand in one directory, everything else beside it."""

    private: Directory

    def build_middleware_stack(self) -> ASGIApp:
        """Outside of the framework's own stack, because its limit of a body answers outside of all other middleware."""
        settings: Settings = self.state.settings
        stack: ASGIApp = OversizedAsProblem(super().build_middleware_stack())
        stack = BodyGuard(stack, settings.body_seconds, MAX_BODY_BYTES)
        return Observed(Limits(stack, settings.writes_per_minute, settings.failed_sign_ins_per_minute))

    @property
    def operations(self) -> list[BaseRoute]:
        return [*self.private.routes, *self.routes]

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.operations
            )
            self.openapi_schema["components"]["securitySchemes"] = SECURITY_SCHEMES
        return self.openapi_schema


def create_app(
    settings: Settings,
    *,
    intake: Intake | None = None,
    reader: Reader | None = None,
    builder: Builder | None = None,
) -> FastAPI:
    """An application over one core. When it starts it migrates, and on the very first start prints a password."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, owner_url=settings.database_owner_url)
    runner = JobRunner(database, settings, ALL_JOBS)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        database.migrate()
        _print_first_password(database, settings.default_tenant)
        if settings.run_jobs:
            runner.start()
        with app.state.lifecycle.listening():
            yield
        runner.stop()
        database.close()

    app = Core(
        title="Revhouse core",
        version="0.1.0",
        description="Writes customers, subscriptions, deals, invoices and payments; shows the published figures.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
        telemetry=UNTOLD,
    )
    attach(app, settings, database)
    app.state.jobs = runner
    runner.on_round = count_round
    app.state.intake, app.state.reader, app.state.builder = intake, reader, builder
    install_problems(app)
    register_all()
    # Everything asks for a key, except what is listed here by name.
    app.private = Directory(route for domain in DOMAINS for route in domain.router.routes)
    check_private(app.private.routes)
    app.router.routes.append(app.private)
    app.include_router(access.public, responses=REFUSALS)
    app.include_router(events.public, responses=REFUSALS)
    app.include_router(signatures.public, responses=REFUSALS)
    app.include_router(health.router, responses=REFUSALS)
    app.include_router(dashboards.router)
    return app


def attach(app: FastAPI, settings: Settings, database: Database) -> None:
    """What every request finds in `app.state` of its core."""
    app.state.database = database
    app.state.settings = settings
    app.state.session_secret = SessionSecret(settings.home)
    app.state.access_tokens = AccessTokens(settings.home, settings.access_minutes, settings.token_secret)
    app.state.lifecycle = Lifecycle(settings.drain_seconds)
    app.state.key_ring = KeyRing(database)
    app.state.stock = Stock(database)


def _print_first_password(database: Database, tenant_id: str) -> None:
    password = ensure_admin(database, tenant_id)
    if password is not None:
        sys.stdout.write(
            f"revhouse: first run of tenant {tenant_id}: sign in as {ADMIN} with the one-time password {password}"
            " (shown once; you set your own when you sign in)\n"
        )
        sys.stdout.flush()
