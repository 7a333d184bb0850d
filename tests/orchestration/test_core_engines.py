"""The demo company through the core on PostgreSQL publishes the same marts as on SQLite."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pgserver
import pytest

from ingestion.csv import copy_into_drop
from orchestration.demo.company import invent_company
from orchestration.demo.run import AS_OF, TENANT
from orchestration.demo.write import split_company, write_company_csv, write_core
from orchestration.settings import Settings
from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    server = pgserver.get_server(tmp_path / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def build(home: Path, url: str, as_of: date) -> Path:
    new_home(home)
    core, files = split_company(invent_company(7, customers=120, as_of=as_of))
    write_core(core, Settings(home=home, database_url=url), TENANT)
    write_company_csv(files, home.parent / f"{home.name}-files")
    copy_into_drop(home, [home.parent / f"{home.name}-files"], TENANT)
    result = revhouse(home, "build", "--as-of", as_of.isoformat(), REVHOUSE_DATABASE_URL=url)
    assert result.returncode == 0, result.stderr[-3000:]
    return newest_version(home)


@pytest.mark.long
def test_the_demo_company_publishes_the_same_marts_from_postgresql_as_from_sqlite(
    tmp_path: Path, postgres: str
) -> None:
    sqlite = build(tmp_path / "sqlite", f"sqlite:///{tmp_path / 'sqlite' / 'core.db'}", AS_OF)
    server = build(tmp_path / "server", postgres, AS_OF)
    assert differing_tables(sqlite, server) == {}
    assert rows(sqlite, "select count(*) > 500 from marts.mrr_movements") == [(True,)]
    assert not (tmp_path / "server" / "core.db").exists()
