"""The dashboard over a reader of published figures, and the pages around it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from transactional_api.access.service import create_key, revoke_key
from transactional_api.main import create_app
from transactional_api.settings import Settings

REVENUE = {
    "month": date(2026, 2, 1),
    "mrr": Decimal("12345.6700"),
    "arr": Decimal("148148.0400"),
    "customers": 42,
    "nrr_12m": 1.05,
    "grr_12m": 0.9,
    "is_partial": True,
    "new_mrr": Decimal("100.0000"),
    "reactivation_mrr": Decimal(0),
    "expansion_mrr": Decimal(5),
    "contraction_mrr": Decimal(1),
    "churned_mrr": Decimal(2),
}
AGEING = {"as_of": date(2026, 2, 20), "currency": "</script><b>", "current": Decimal(10), "d91_120": Decimal("4.5")}
FORECAST = {"metric": "mrr", "month": date(2026, 3, 1), "value": Decimal(13000), "model": "prophet"}
TENANT = {"reporting_currency": "EUR"}

ALL = ("run.tenants", "marts.revenue_metrics", "marts.ar_aging_summary", "ml.revenue_forecasts")


class FakeReader:
    """A published version with the four tables, or without some of them."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {
            "run.tenants": TENANT,
            "marts.revenue_metrics": REVENUE,
            "marts.ar_aging_summary": AGEING,
            "ml.revenue_forecasts": FORECAST,
        }
        self.is_published = True
        self.is_stale = False
        self.asked: list[tuple[str, list[Any]]] = []

    def query(self, sql: str, params: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]], dict[str, Any]]:
        self.asked.append((sql, list(params)))
        if not self.is_published:
            raise LookupError("nothing published yet")
        name = next(name for name in ALL if name in sql)
        row = self.tables[name]
        meta = {
            "version": 7,
            "as_of": date(2026, 2, 20),
            "published_at": datetime(2026, 2, 21, 3, tzinfo=UTC),
            "stale": self.is_stale,
            "stale_reason": "check failed: <i>" if self.is_stale else None,
            "failed_at": "2026-02-22T03:04:05Z" if self.is_stale else None,
        }
        return list(row), [tuple(row.values())], meta


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def pages(tmp_path: Path, reader: FakeReader) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=tmp_path, run_jobs=False), reader=reader)) as client:
        yield client


def log_in(client: TestClient, tenant_id: str = "acme") -> str:
    """Returns the key's id."""
    with client.app.state.database.transaction(tenant_id, "test") as unit:  # type: ignore[attr-defined]
        row, key = create_key(unit, "page")
    assert client.post("/dashboard/login", data={"key": key}, follow_redirects=False).status_code == 303
    return str(row.key_id)


def test_the_first_start_prints_a_password_once_which_serves_to_set_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with TestClient(create_app(Settings(home=tmp_path, run_jobs=False))):
            pass
    [printed] = re.findall(r"one-time password (\S+)", capsys.readouterr().out)
    with TestClient(create_app(Settings(home=tmp_path, run_jobs=False))) as client:
        form = {"login": "admin", "password": printed}
        asked = client.post("/dashboard/login", data=form, follow_redirects=False)
        assert 'name="new_password"' in asked.text
        assert "revhouse_session" not in client.cookies
        assert client.post("/dashboard/login", data=form | {"new_password": "short"}).status_code == 422
        own = form | {"new_password": "correct horse battery"}
        assert client.post("/dashboard/login", data=own, follow_redirects=False).status_code == 303
        assert 'id="login"' not in client.get("/dashboard").text
        assert client.post("/dashboard/login", data=form).status_code == 401
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert printed.encode() not in stored
    assert b"correct horse battery" not in stored


def test_without_a_session_the_page_is_the_login_and_reads_nothing(pages: TestClient, reader: FakeReader) -> None:
    assert 'name="key"' in pages.get("/dashboard").text
    assert reader.asked == []


def test_the_page_shows_the_published_headline_of_its_tenant_only(pages: TestClient, reader: FakeReader) -> None:
    log_in(pages)
    page = pages.get("/dashboard").text
    for shown in (
        "Version <b>7</b>",
        "20 Feb 2026",
        "21 Feb 2026, 03:00 UTC",
        '<span>MRR <abbr>EUR</abbr></span><strong><data value="12345.6700">12,346</data>',
        ">148,148<",
        ">105.0%<",
        ">42<",
        "February 2026</time> <small>to date",
        '<data value="14.5">14</data>',
    ):
        assert shown in page, shown
    assert "stale" not in page
    assert len(reader.asked) == 4
    for sql, params in reader.asked:
        assert "tenant_id = ?" in sql
        assert set(params) == {"acme"}


def test_a_stale_version_says_so(pages: TestClient, reader: FakeReader) -> None:
    reader.is_stale = True
    log_in(pages)
    page = pages.get("/dashboard").text
    assert '<div class="banner stale"' in page
    assert "22 Feb 2026, 03:04 UTC" in page
    assert "check failed: &lt;i&gt;" in page


def test_before_the_first_publication_the_page_says_so(pages: TestClient, reader: FakeReader) -> None:
    reader.is_published = False
    log_in(pages)
    assert "Nothing published yet" in pages.get("/dashboard").text


@pytest.mark.parametrize("missing", ALL)
def test_a_table_that_is_missing_costs_its_chart_only(pages: TestClient, reader: FakeReader, missing: str) -> None:
    del reader.tables[missing]
    log_in(pages)
    page = pages.get("/dashboard")
    assert page.status_code == 200
    assert "Version <b>7</b>" in page.text


def test_values_cannot_leave_the_element_that_carries_them(pages: TestClient) -> None:
    log_in(pages, "<script>alert(1)</script>")
    page = pages.get("/dashboard").text
    assert "<script>alert" not in page
    assert page.count("</script>") == 3


def test_pages_load_nothing_from_another_host(pages: TestClient) -> None:
    log_in(pages)
    for path in ("/dashboard", "/docs"):
        answer = pages.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert not re.search(r"(src|href|action)=\"(https?:)?//", answer.text)
        assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text)
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
            assert pages.get(asset).status_code == 200, asset
    assert len(pages.get("/static/plotly.min.js").content) > 1_000_000
    assert pages.get("/static/login.html").status_code == 404
    assert pages.get("/static/..%2Fpages.py").status_code == 404


def test_the_session_is_closed_to_scripts_to_other_sites_and_to_forgers(pages: TestClient, tmp_path: Path) -> None:
    key_id = log_in(pages)
    assert (tmp_path / "session.secret").stat().st_mode & 0o777 == 0o600
    cookie = pages.cookies["revhouse_session"]
    for forged in (cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), f"key:{key_id}.9999999999.x", "x", "..", "é"):
        pages.cookies.clear()
        answer = pages.get("/dashboard", headers={"Cookie": f"revhouse_session={forged}".encode()})
        assert 'name="key"' in answer.text, forged
    with pages.app.state.database.transaction("acme", "test") as unit:  # type: ignore[attr-defined]
        revoke_key(unit, key_id)
    answer = pages.get("/dashboard", headers={"Cookie": f"revhouse_session={cookie}"})
    assert 'name="key"' in answer.text


def test_a_wrong_key_or_an_endless_form_opens_no_session(pages: TestClient) -> None:
    assert pages.post("/dashboard/login", data={"key": "rvh_a_b"}).status_code == 401
    assert pages.post("/dashboard/login", content=b"key=" + b"x" * 10_000).status_code == 413
    assert "revhouse_session" not in pages.cookies


def test_logging_out_ends_the_session(pages: TestClient) -> None:
    log_in(pages)
    assert 'name="key"' in pages.post("/dashboard/logout").text


@pytest.mark.parametrize("role", ["approver", "sales"])
def test_a_role_without_the_right_to_figures_sees_none(pages: TestClient, reader: FakeReader, role: str) -> None:
    with pages.app.state.database.transaction("acme", "test") as unit:  # type: ignore[attr-defined]
        key = create_key(unit, "page", (role,))[1]
    pages.post("/dashboard/login", data={"key": key}, follow_redirects=False)
    assert pages.get("/dashboard").status_code == 403
    assert reader.asked == []
