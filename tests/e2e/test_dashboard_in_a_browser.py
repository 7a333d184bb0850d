"""The dashboard of a served home, as a real browser shows it. Pictures are kept where REVHOUSE_PICTURES says."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from orchestration.demo.company import invent_company
from orchestration.demo.write import write_company_csv
from orchestration.serve import free_port
from tests.e2e.browser import Browser, browser, why_no_browser
from tests.orchestration.houses import environment, new_home, revhouse
from transactional_api.access.service import create_key
from transactional_api.database import Database

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(why_no_browser()), reason=why_no_browser())]

AS_OF = "2026-10-31"
SECONDS_TO_RENDER = 2.0
IS_DRAWN = """return ['mrr', 'movements', 'ageing', 'forecast'].every(
    id => document.querySelector(`#${id} .trace path`))"""
SHAPES = """return [...document.querySelectorAll(arguments[0])]
    .filter(e => (e.getAttribute('d') || '').length > 5).length"""
SERIES = "return document.getElementById(arguments[0]).data.map(trace => Array.from(trace[arguments[1]]))"
LABELS = """return [...document.querySelectorAll('.chart')].flatMap(chart => ['.xtick', '.ytick'].map(
    axis => [...chart.querySelectorAll(`${axis} text`)].map(label => {
      const box = label.getBoundingClientRect();
      return [label.textContent, box.left, box.right, box.top, box.bottom];
    })))"""
METRICS = "select {} from marts.revenue_metrics where tenant_id = 'default' order by month desc limit 1"


@dataclass(frozen=True)
class Served:
    """A home whose API is up, and the key that its first start printed."""

    home: Path
    address: str
    key: str

    def sql(self, query: str) -> list[dict[str, str]]:
        found = revhouse(self.home, "sql", query, "--format", "csv")
        assert found.returncode == 0, found.stderr
        return list(csv.DictReader(found.stdout.splitlines()))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = new_home(tmp_path_factory.mktemp("page") / "home")
    company = invent_company(11, customers=50, months=36, as_of=date.fromisoformat(AS_OF), sales_per_month=5)
    write_company_csv(company, home.parent / "files")
    copy_into_drop(home, [home.parent / "files"], "default")
    built = revhouse(home, "build", "--as-of", AS_OF)
    assert built.returncode == 0, built.stderr
    port = free_port("127.0.0.1")
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "serve", "--port", str(port)],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        next(line for line in server.stdout if "one-time password" in line)
        database = Database(f"sqlite:///{home / 'core.db'}")
        with database.transaction("default", "test") as unit:
            key = create_key(unit, "browser", ("analyst",))[1]
        yield Served(home, f"http://127.0.0.1:{port}", key)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


@pytest.fixture(scope="module")
def window(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(f"{served.address}/dashboard")
        opened.look(1280)
        yield opened


def log_in(window: Browser, served: Served, key: str = "") -> float:
    """Returns the seconds until the charts stood there."""
    window.open(f"{served.address}/dashboard")
    if not window.run("return Boolean(document.querySelector('#key'))"):
        window.run("document.querySelector('nav button').click()")
        window.wait_for("return document.querySelector('#key')")
    window.type_into("#key", key or served.key)
    start = time.monotonic()
    window.run("document.querySelector('#key').form.querySelector('button').click()")
    if not key:
        window.wait_for(IS_DRAWN)
    return time.monotonic() - start


def test_a_wrong_key_is_refused_on_the_page(served: Served, window: Browser) -> None:
    log_in(window, served, key="rvh_000000000000_wrong")
    window.wait_for("return document.querySelector('[role=alert]')")
    assert "not known" in window.text("[role=alert]")
    assert window.texts(".tile") == []
    # The browser itself reports that the answer to the form was 401; nothing else.
    errors = [entry["message"] for entry in window.console() if entry["level"] in {"WARNING", "SEVERE"}]
    assert all("status of 401" in message for message in errors), errors
    window.console().clear()


def test_the_figures_are_those_of_sql(served: Served, window: Browser) -> None:
    log_in(window, served)
    [metrics] = served.sql(METRICS.format("month, mrr, arr, customers, nrr_12m, grr_12m, logo_churn_rate"))
    assert window.text(".period") == "October 2026"
    assert metrics.pop("month") == "2026-10-01"
    exact = window.run("return [...document.querySelectorAll('.tile strong data')].map(e => e.value)")
    assert [Decimal(value) for value in exact[:3]] == [Decimal(metrics[name]) for name in ("mrr", "arr", "customers")]
    assert [float(value) for value in exact[3:]] == [
        float(metrics[name]) for name in ("nrr_12m", "grr_12m", "logo_churn_rate")
    ]
    assert window.texts(".tile strong") == [
        *(f"{Decimal(metrics[name]):,.0f}" for name in ("mrr", "arr", "customers")),
        *(f"{float(metrics[name]):.1%}" for name in ("nrr_12m", "grr_12m", "logo_churn_rate")),
    ]
    [tenant] = served.sql("select reporting_currency from run.tenants where tenant_id = 'default'")
    assert window.texts(".tile abbr") == [tenant["reporting_currency"]] * 2
    owed = served.sql(
        "select currency, total - unapplied as owed, total - unapplied - current as late, d91_120 + d120_plus as old,"
        f" unapplied from marts.ar_aging_summary where tenant_id = 'default' and as_of = date '{AS_OF}'"
    )
    table = window.run(
        """return [...document.querySelectorAll('#ageing + .table tbody tr')].map(row =>
            [row.querySelector('th').innerText, ...[...row.querySelectorAll('data')].slice(0, 4).map(e => e.value)])"""
    )
    assert {row[0]: [Decimal(value) for value in row[1:]] for row in table} == {
        row["currency"]: [Decimal(row[name]) for name in ("owed", "late", "old", "unapplied")] for row in owed
    }
    for shown in ("31 Oct 2026", "000001", "UTC"):
        assert shown in window.text(".banner")
    assert window.texts(".stale") == []


def test_the_four_plots_are_drawn_from_every_row(served: Served, window: Browser) -> None:
    log_in(window, served)
    rows = served.sql("select mrr from marts.revenue_metrics where tenant_id = 'default' order by month")
    [drawn] = window.run(SERIES, "mrr", "y")
    assert drawn == [float(row["mrr"]) for row in rows]
    assert window.run(SHAPES, "#mrr .scatterlayer path.js-line") == 1
    bars = window.run(SERIES, "movements", "y")
    assert window.run(SHAPES, "#movements .barlayer path") >= sum(1 for trace in bars for value in trace if value)
    shares = window.run(SERIES, "ageing", "x")
    assert [sum(shares_of) for shares_of in zip(*shares, strict=True)] == pytest.approx([1.0] * len(shares[0]))
    assert window.run(SHAPES, "#ageing .barlayer path") >= len(shares[0])
    foretold = served.sql(
        "select value from ml.revenue_forecasts where tenant_id = 'default' and metric = 'mrr' and is_headline"
        " order by month"
    )
    wide, narrow, _, forecast = window.run(SERIES, "forecast", "y")
    assert forecast[1:] == [float(row["value"]) for row in foretold]
    assert all(value is not None for value in wide + narrow)
    assert window.run(SHAPES, "#forecast .scatterlayer path.js-fill") == 2
    assert window.run(SHAPES, "#forecast .scatterlayer path.js-line") >= 2


def test_the_page_stands_within_two_seconds_of_the_login(served: Served, window: Browser) -> None:
    seconds = [log_in(window, served) for _ in range(3)]
    assert min(seconds) < SECONDS_TO_RENDER, seconds


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_is_cut_off_or_covered(served: Served, window: Browser, width: int, dark: bool) -> None:
    window.look(width, dark=dark)
    log_in(window, served)
    window.wait_for(IS_DRAWN)
    if pictures := os.environ.get("REVHOUSE_PICTURES"):
        window.picture(Path(pictures) / f"dashboard-{width}-{'dark' if dark else 'light'}.png")
    for selector in ("html", ".tile", ".tile strong", ".card", ".table", ".chart"):
        too_wide = "return [...document.querySelectorAll(arguments[0])].filter(e => e.scrollWidth > e.clientWidth + 1)"
        cut = window.run(f"{too_wide}.map(e => e.innerText)", selector)
        assert cut == [], selector
    axes = window.run(LABELS)
    assert len(axes) == 8
    for labels in axes:
        assert len(labels) >= 2
        for (one, *a), (other, *b) in combinations(labels, 2):
            assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2], f"{one} covers {other}"


def test_no_other_host_is_asked_and_the_console_is_clean(served: Served, window: Browser) -> None:
    log_in(window, served)
    window.open(f"{served.address}/docs")
    window.wait_for("return document.querySelectorAll('.operation summary').length > 20")
    assert window.hosts() == {served.address.removeprefix("http://")}
    found = [entry["message"] for entry in window.console() if entry["level"] in {"WARNING", "SEVERE"}]
    assert found == []


def test_after_a_failed_build_the_page_says_stale_and_why(served: Served, window: Browser, tmp_path: Path) -> None:
    header = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval\n"
    (tmp_path / "francs.csv").write_text(header + "S-CHF,C-CHF,2026-01-05,80.00,CHF,month\n")
    assert revhouse(served.home, "drop", str(tmp_path / "francs.csv")).returncode == 0
    assert revhouse(served.home, "build", "--as-of", AS_OF).returncode == 1
    window.look(1280)
    log_in(window, served)
    if pictures := os.environ.get("REVHOUSE_PICTURES"):
        window.picture(Path(pictures) / "dashboard-stale.png")
    banner = window.text(".stale")
    assert "Stale" in banner and "CHF" in banner and "last build failed on" in banner
    assert "000001" in window.text(".banner")
    assert len(window.texts(".tile")) == 6
