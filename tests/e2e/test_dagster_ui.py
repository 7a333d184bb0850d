"""`revhouse dev`, through the Dagster UI's own GraphQL: a run that it starts succeeds, and its checks show."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.demo.company import invent_company
from orchestration.demo.write import write_company_csv
from orchestration.publish import Warehouse
from orchestration.serve import free_port
from tests.orchestration.houses import build, drop, environment, new_home, rows

LOCATION = """{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name }
  schedules { name } sensors { name } assetNodes { groupName assetKey { path } } } } } }"""
LAUNCH = """mutation ($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
ASSET = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  assetMaterializations(limit: 1) { metadataEntries { label } }
  assetChecksOrError { ... on AssetChecks { checks { name } } } } } }"""
EXECUTIONS = """query ($key: AssetKeyInput!, $check: String!) {
  assetCheckExecutions(assetKey: $key, checkName: $check, limit: 20) { runId status } }"""


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    home = new_home(tmp_path_factory.mktemp("ui") / "home")
    write_company_csv(invent_company(5, customers=15, months=8), home.parent / "files")
    (home / "tenants.toml").write_text("[tenant.acme]\nas_of = 2026-10-31\n")
    # What is published already lets the sensors rest until a test gives them something.
    drop(home, home.parent / "files", tenant="acme")
    build(home)
    port = free_port("127.0.0.1")
    ports = {"REVHOUSE_DAGSTER_PORT": str(port), "REVHOUSE_PORT": str(free_port("127.0.0.1"))}
    server = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "dev"],
        env=environment(home, **ports),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield home, f"http://127.0.0.1:{port}/graphql"
    finally:
        server.terminate()
        server.wait(60)


def ask(url: str, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    assert "errors" not in found, found["errors"]
    return found["data"]


def location(url: str) -> Any:
    for _ in range(120):
        try:
            nodes = ask(url, LOCATION)["repositoriesOrError"].get("nodes")
            if nodes:
                return nodes[0]
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError("the code location did not load")


def verdicts(url: str, path: list[str], run_id: str) -> dict[str, str]:
    """What each check of an asset said in one run: a sensor may have started another run before or after it."""
    checks = ask(url, ASSET, key={"path": path})["assetNodeOrError"]["assetChecksOrError"]["checks"]
    said = {}
    for check in checks:
        found = ask(url, EXECUTIONS, key={"path": path}, check=check["name"])["assetCheckExecutions"]
        [said[check["name"]]] = [execution["status"] for execution in found if execution["runId"] == run_id]
    return said


def test_a_run_launched_from_the_ui_publishes_and_shows_its_checks_and_plots(ui: tuple[Path, str]) -> None:
    home, url = ui
    repository = location(url)
    groups = {node["groupName"] for node in repository["assetNodes"]}
    assert {"intake", "mrr", "receivables", "forecast", "publication"} <= groups
    assert {schedule["name"] for schedule in repository["schedules"]} == {"daily_build"}
    assert {sensor["name"] for sensor in repository["sensors"]} >= {"drop_folder", "core_log"}

    launched = ask(
        url,
        LAUNCH,
        p={
            "selector": {
                "repositoryName": repository["name"],
                "repositoryLocationName": repository["location"]["name"],
                "jobName": "build",
            },
            "runConfigData": {"resources": {"build": {"config": {"as_of": "2026-10-31"}}}},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    deadline = time.monotonic() + 300
    status = ""
    while status not in {"SUCCESS", "FAILURE", "CANCELED"} and time.monotonic() < deadline:
        time.sleep(1)
        status = ask(url, STATUS, id=launched["run"]["runId"])["runOrError"]["status"]
    assert status == "SUCCESS"
    pointer = Warehouse(home / "warehouse").current()
    assert pointer is not None and pointer.as_of == "2026-10-31"

    node = ask(url, ASSET, key={"path": ["marts", "mrr_movements"]})["assetNodeOrError"]
    labels = {entry["label"] for entry in node["assetMaterializations"][0]["metadataEntries"]}
    assert {"dagster/row_count", "plot"} <= labels
    said = verdicts(url, ["marts", "mrr_movements"], launched["run"]["runId"])
    assert len(said) >= 3
    assert set(said.values()) == {"SUCCEEDED"}
    assert verdicts(url, ["raw_csv", "invoices"], launched["run"]["runId"]) == {"great_expectations": "SUCCEEDED"}


def test_a_file_put_into_the_drop_folder_is_published_by_itself(ui: tuple[Path, str]) -> None:
    home, url = ui
    location(url)
    warehouse = Warehouse(home / "warehouse")
    (home / "drop" / "acme" / "late.csv").write_text("customer_id,name\nC-LATE,Late Customer\n")
    deadline = time.monotonic() + 180
    found: list[tuple[Any, ...]] = []
    while not found and time.monotonic() < deadline:
        time.sleep(1)
        if warehouse.current() is not None:
            found = rows(warehouse.path_of(), "select 1 from staging.stg_csv__customers where customer_id = 'C-LATE'")
    assert found, "the sensor did not publish the file within three minutes"
