"""A real SQLite file and a real PostgreSQL server, each with the core's own migrations, and an API over either."""

import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from orchestration.compose import Intake
from orchestration.settings import Settings as OrchestrationSettings
from transactional_api.access import secrets
from transactional_api.access.accounts import create_account
from transactional_api.access.service import create_key
from transactional_api.customers.service import create_customer
from transactional_api.database import Database, UnitOfWork
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.clock import FixedClock
from transactional_api.main import attach, create_app
from transactional_api.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
APP_ROLE = "revhouse_app"


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing that is meant to be slow is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of this test run, with a migrated template to copy databases from."""
    import pgserver

    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    url = server.get_uri()
    with closing(psycopg.connect(url, autocommit=True)) as db:
        db.execute(f"CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
        db.execute("CREATE DATABASE core_template")
    owner_url = url.replace("/postgres?", "/core_template?")
    template = Database(as_app(owner_url), owner_url=owner_url)
    template.migrate()
    template.close()
    yield url
    server.cleanup()


def as_app(url: str) -> str:
    """The same database as the role that the core works as: it owns nothing and row security holds for it."""
    return url.replace("//postgres:", f"//{APP_ROLE}:")


def as_owner(url: str) -> str:
    return url.replace(f"//{APP_ROLE}:", "//postgres:")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    name = f"core_{uuid.uuid4().hex[:12]}"
    with closing(psycopg.connect(postgres_server, autocommit=True)) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE core_template")
    yield as_app(postgres_server.replace("/postgres?", f"/{name}?"))
    with closing(psycopg.connect(postgres_server, autocommit=True)) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "core.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated core on each engine in turn, with a clock that stands still."""
    if request.param == "sqlite":
        path = tmp_path / "core.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = Database(url, FixedClock(NOW), owner_url=as_owner(url))
    yield opened
    opened.close()


@pytest.fixture
def behind(database: Database) -> Callable[[str], list[tuple[Any, ...]]]:
    """Runs SQL behind the core's back, as an administrator or an intruder would; commits."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        if database.is_sqlite:
            with closing(sqlite3.connect(str(database.url.database))) as file, file:
                return file.execute(sql).fetchall()
        url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(as_owner(url)) as server:
            cursor = server.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def customer(database: Database) -> str:
    with database.transaction("acme", "test") as unit:
        return make_customer(unit)


def make_customer(unit: UnitOfWork, customer_id: str = "C1") -> str:
    create_customer(unit, customer_id=customer_id, name="Ada", created_on=date(2026, 1, 1), currency="USD")
    return customer_id


class Api:
    """A client with a key of one tenant."""

    def __init__(self, client: TestClient, tenant_id: str, roles: Sequence[str] = ("admin",)) -> None:
        self.client = client
        self.tenant_id = tenant_id
        self.account_id: str | None = None
        self.database: Database = client.app.state.database  # type: ignore[attr-defined]
        with self.database.transaction(tenant_id, "test") as unit:
            self.key = create_key(unit, "test", roles)[1]

    def send(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """With a new idempotency key for every write, unless one is given."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if method != "GET":
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        if isinstance(body, bytes):
            return self.client.request(method, path, content=body, headers=headers | {"Content-Type": "text/csv"})
        return self.client.request(method, path, json=body, headers=headers)

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        answer = self.send(method, path, body, key)
        return answer.status_code, answer.json() if answer.content else None

    def as_role(self, *roles: str) -> "Api":
        """The same tenant with a key of other roles."""
        return Api(self.client, self.tenant_id, roles)

    def as_account(self, login: str, *roles: str) -> "Api":
        """The same tenant, signed in as a new account, whose id is `account_id`."""
        signed = Api(self.client, self.tenant_id, roles)
        with self.database.transaction(self.tenant_id, "test") as unit:
            account = create_account(unit, login=login, roles=roles)[0]
            signed.account_id = account.account_id
        tokens = self.client.app.state.access_tokens  # type: ignore[attr-defined]
        signed.key = tokens.make(self.tenant_id, signed.account_id, roles, self.database.clock.now())
        return signed

    def log(self, entity: str, key: str | None = None) -> list[ChangeLogEntry]:
        """The change log's entries of a table, in order; of one row with its key."""
        query = select(ChangeLogEntry).where(ChangeLogEntry.entity == entity).order_by(ChangeLogEntry.change_no)
        if key is not None:
            query = query.where(ChangeLogEntry.entity_key == key)
        with self.database.read(self.tenant_id) as unit:
            return list(unit.session.scalars(query.where(ChangeLogEntry.tenant_id == self.tenant_id)))


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    home = tmp_path_factory.mktemp("shared")
    return create_app(Settings(home=home, run_jobs=False, failed_sign_ins_per_minute=0))


@pytest.fixture
def client(database: Database, tmp_path: Path, shared_app: FastAPI) -> TestClient:
    """The application over this test's core. Building 170 routes takes a second, so they are built once."""
    url = database.url.render_as_string(hide_password=False)
    owner_url = database.owner_url.render_as_string(hide_password=False)
    settings = Settings(
        home=tmp_path / "home",
        database_url=url,
        database_owner_url=owner_url,
        run_jobs=False,
        failed_sign_ins_per_minute=0,
    )
    settings.home.mkdir()
    attach(shared_app, settings, database)
    shared_app.state.intake = Intake(OrchestrationSettings(home=settings.home))
    return TestClient(shared_app, raise_server_exceptions=False)


@pytest.fixture
def api(client: TestClient) -> Api:
    return Api(client, "acme")


@pytest.fixture
def other_api(client: TestClient) -> Api:
    return Api(client, "globex")
