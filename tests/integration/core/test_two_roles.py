"""On a server on which the everyday role may make no table: every command that opens the core knows both roles."""

import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from ingestion.app import extract
from orchestration import cli, doctor
from orchestration.compose import compose_app
from orchestration.defs.core_checks import read_core
from orchestration.demo.company import invent_company
from orchestration.demo.write import split_company, write_core
from orchestration.erase import CustomerUnknown, clean_core, erase_in_core, requests
from orchestration.settings import PROJECT_ROOT, Settings
from tests.integration.core.conftest import as_app

OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture
def owner_url(postgres_server: str) -> str:
    """An empty database, as its owner; nobody else may make anything in it."""
    name = f"core_{uuid.uuid4().hex[:12]}"
    with closing(psycopg.connect(postgres_server, autocommit=True)) as db:
        db.execute(f"CREATE DATABASE {name}")
    return postgres_server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def settings(owner_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Both roles, as a user sets them."""
    monkeypatch.setenv("REVHOUSE_DATABASE_URL", as_app(owner_url))
    monkeypatch.setenv("REVHOUSE_DATABASE_OWNER_URL", owner_url)
    return Settings()


def demo(settings: Settings) -> int:
    company, _ = split_company(invent_company(3, customers=6, months=3))
    return write_core(company, settings, "acme")


def admin(_settings: Settings) -> None:
    answer = CliRunner().invoke(cli.app, ["admin", "acme"])
    if answer.exception is not None:
        raise answer.exception


def erase(settings: Settings) -> None:
    with suppress(CustomerUnknown):
        erase_in_core(settings, "acme", "C1", "data_subject_request")


FIRST = [demo, admin, erase, clean_core]


@pytest.mark.postgres
@pytest.mark.parametrize("command", FIRST)
def test_whichever_command_comes_first_the_tables_are_their_owners(
    command: Callable[[Settings], object], settings: Settings, owner_url: str
) -> None:
    command(settings)
    with closing(psycopg.connect(owner_url)) as db:
        assert db.execute(OWNERS).fetchall() == [("postgres",)]


@pytest.mark.postgres
@pytest.mark.parametrize("command", FIRST)
def test_without_the_owner_no_command_makes_tables(
    command: Callable[[Settings], object], settings: Settings, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVHOUSE_DATABASE_OWNER_URL")
    with pytest.raises(Exception, match="permission denied for schema public"):
        command(Settings())
    with closing(psycopg.connect(owner_url)) as db:
        assert db.execute(OWNERS).fetchall() == []


@pytest.mark.postgres
def test_a_build_reads_all_that_it_needs_as_the_everyday_role(settings: Settings) -> None:
    written = demo(settings)
    core, [verdict] = read_core(settings)
    assert core.heads == {"acme": written} and verdict.holds
    assert extract(settings.home, settings.database_url).rows == written
    assert requests(settings) == []
    found = {finding.what: finding.state for finding in doctor.examine(settings)}
    assert (found["core database"], found["audit checkpoints"]) == ("ok", "ok")


@pytest.mark.postgres
def test_the_api_is_given_both_roles(settings: Settings, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVHOUSE_DATABASE_OWNER_URL")
    database = compose_app(settings).state.database
    assert (database.url.username, database.owner_url.username) == ("revhouse_app", "postgres")
    database.close()


def test_one_place_opens_the_core() -> None:
    folder = PROJECT_ROOT / "orchestration"
    opening = [path.name for path in folder.rglob("*.py") if "Database(" in path.read_text(encoding="utf-8")]
    assert opening == ["core.py"]
