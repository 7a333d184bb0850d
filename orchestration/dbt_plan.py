"""What dbt compiled, run by DuckDB itself, in dbt's order.

dbt's runner takes 30 ms of the interpreter for each table and check and three seconds to be imported. Nothing in the
SQL depends on the run (as-of date and sequence are rows), so a project is compiled once and a build runs what came out.
Only what this project uses is known here; anything else is refused when the plan is made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from ingestion.lake import literal

THREADS = 2
"""Steps at a time. The thread that gives a step to DuckDB works on it too, so DuckDB has as many fewer of its own."""
# A build writes its file once and closes it: what it wrote is sorted out at the end, not at every 16 MB in between.
SETTINGS = (
    "set TimeZone = 'UTC'",
    "set preserve_insertion_order = false",
    "set checkpoint_threshold = '1TB'",
)
# DuckDB keeps what it read until its memory is full. A build that leaves memory to others takes no longer; what does
# not fit goes to disk, beside the build file.
MOST_MEMORY = 2_600_000_000


class NotPlanned(ValueError):
    """The dbt project uses what a build cannot run."""


@dataclass(frozen=True)
class NodeResult:
    """How one node ended: status is success, error, skipped, pass, fail, warn."""

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int


@dataclass(frozen=True)
class Step:
    """One table, seed, macro or check; where it fails, what waits for it is not built."""

    unique_id: str
    kind: str
    relation: str
    sql: str
    waits_for: frozenset[str]
    is_warning: bool = False
    contract: Mapping[str, str] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    """The relations that the SQL names: tables of the project and what it is given."""
    rows_of: tuple[str, ...] = ()
    """The column that says whose rows these are, after the one that says what kind of id it is where there are several:
    the model can be computed from the rows of some documents alone, if these name no others; with `customer_id`, or
    where `is_per_customer`, from all rows of some customers."""
    is_per_customer: bool = False
    names: tuple[str, ...] = ()
    """What a row of it is as a document of its own: the kind, and the column that has the id."""

    def __hash__(self) -> int:
        return hash(self.unique_id)


Runner = Callable[[duckdb.DuckDBPyConnection, Step], NodeResult]
Preparation = Callable[[duckdb.DuckDBPyConnection], Runner]


def plan_of(manifest: Mapping[str, Any], project: Path, selected: Collection[str] | None = None) -> list[Step]:
    """The steps of the selected tables (by unique id; None: all) and of every check that reads one of them.

    A table waits for the checks whose tables all lie before it, so that nothing is built upon what is wrong. The views
    that selected tables read are made anew with them: those over the intake are in no published version.
    """
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed", "test")}
    tables = {key for key, node in nodes.items() if node["resource_type"] != "test"}
    wanted = tables if selected is None else tables & set(selected)
    parents = {key: frozenset(nodes[key].get("depends_on", {}).get("nodes", ())) & tables for key in nodes}
    checks = [key for key in nodes if key not in tables and parents[key] & wanted]
    views = {key for key in tables if nodes[key]["config"]["materialized"] == "view"}
    while missing := {parent for key in wanted for parent in parents[key] & views} - wanted:
        wanted |= missing
    above = _ancestors(parents, tables)
    named = {key: _relation(node) for key, node in (nodes | manifest["sources"]).items()}
    steps = []
    for key in sorted(wanted):
        judged = {check for check in checks if parents[check] <= above[key]}
        steps.append(_table(key, nodes[key], project, (parents[key] & wanted) | judged))
    steps += [_check(key, nodes[key], parents[key], wanted) for key in sorted(checks)]
    read = {key: nodes[key].get("depends_on", {}).get("nodes", ()) for key in nodes}
    return [
        replace(step, reads=frozenset(named[parent] for parent in read[step.unique_id] if parent in named))
        for step in steps
    ]


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"


def needed_for(manifest: Mapping[str, Any], relations: Collection[str]) -> set[str]:
    """The tables (by unique id) that these relations (schema.name) are made of, themselves included."""
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    parents = {key: frozenset(node["depends_on"].get("nodes", ())) & nodes.keys() for key, node in nodes.items()}
    above = _ancestors(parents, set(nodes))
    wanted = {key for key, node in nodes.items() if f"{node['schema']}.{node['alias']}" in relations}
    return wanted.union(*(above[key] for key in wanted))


def whole_steps(steps: list[Step], manifest: Mapping[str, Any]) -> list[Step]:
    """Of the steps the tables, and the checks that read no table beside them."""
    made = {step.unique_id for step in steps if step.kind != "test"}
    tables = {key for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    reads = {key: tables.intersection(node["depends_on"].get("nodes", ())) for key, node in manifest["nodes"].items()}
    kept = {step.unique_id for step in steps if step.kind != "test" or reads[step.unique_id] <= made}
    return [replace(step, waits_for=step.waits_for & kept) for step in steps if step.unique_id in kept]


def run_plan(steps: list[Step], build_file: Path, prepare: Preparation | None = None) -> Iterator[NodeResult]:
    """Runs the steps over the build file, two at a time, yielding each as it ends. Those come first after which most
    steps must follow one after the other. The file is closed at the end.

    `prepare` is given the connection first and says how a step is run, where that is not simply its SQL.
    """
    connection = duckdb.connect(str(build_file))
    for setting in (*SETTINGS, f"set memory_limit = '{_memory()}B'"):
        connection.execute(setting)
    run = prepare(connection) if prepare is not None else run_step
    connection.execute(f"set threads = {max(1, (os.cpu_count() or 1) - THREADS + 1)}")
    for schema in sorted({step.relation.partition(".")[0] for step in steps if step.relation}):
        connection.execute(f"create schema if not exists {schema}")
    below = _longest_below(steps)
    waiting = {step.unique_id: step for step in sorted(steps, key=lambda step: -below[step.unique_id])}
    ended: set[str] = set()
    broken: set[str] = set()
    running: dict[Future[NodeResult], Step] = {}
    pool = ThreadPoolExecutor(THREADS, "sql")
    try:
        while waiting or running:
            for step in [each for each in waiting.values() if each.waits_for <= ended]:
                if len(running) == THREADS:
                    break
                del waiting[step.unique_id]
                if step.waits_for & broken:
                    ended.add(step.unique_id)
                    broken.add(step.unique_id)
                    yield NodeResult(step.unique_id, "skipped", "", 0.0, 0)
                    continue
                running[pool.submit(_run, run, connection.cursor(), step)] = step
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                step, result = running.pop(done), done.result()
                ended.add(step.unique_id)
                if result.status in ("error", "fail"):
                    broken.add(step.unique_id)
                yield result
    finally:
        pool.shutdown(cancel_futures=True)
        connection.close()


def _longest_below(steps: list[Step]) -> dict[str, int]:
    """How many steps wait for each at most, one for the other."""
    above = {step.unique_id: step.waits_for for step in steps}
    below = dict.fromkeys(above, 0)
    for key in reversed(list(TopologicalSorter(above).static_order())):
        for parent in above[key]:
            below[parent] = max(below[parent], below[key] + 1)
    return below


def _memory() -> int:
    return min(MOST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 8 // 10)


def _ancestors(parents: Mapping[str, frozenset[str]], tables: set[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}

    def of(key: str) -> frozenset[str]:
        if key not in found:
            found[key] = parents[key].union(*(of(parent) for parent in parents[key]))
        return found[key]

    for key in tables:
        of(key)
    return found


def _table(key: str, node: Mapping[str, Any], project: Path, waits_for: Collection[str]) -> Step:
    config = node["config"]
    relation = _relation(node)
    if config["pre-hook"] or config["post-hook"]:
        raise NotPlanned(f"{relation}: hooks are not run by a build")
    kind = config["materialized"]
    if kind == "seed":
        sql = _seed(project / node["original_file_path"], config["column_types"])
    elif kind in ("table", "view", "table_macro"):
        sql = _in_any_file(node)
    else:
        raise NotPlanned(f"{relation}: {kind} is not run by a build")
    if kind == "table_macro":
        sql = f"create or replace macro {relation}({', '.join(config['parameters'])}) as table\n{sql}"
    else:
        sql = f"create or replace {'view' if kind == 'view' else 'table'} {relation} as (\n{sql}\n)"
    contract = {name: column["data_type"] for name, column in node["columns"].items()}
    is_enforced = kind in ("table", "view") and config["contract"]["enforced"]
    rows_of = config["meta"].get("rows_of", ())
    return Step(
        key,
        kind,
        relation,
        sql,
        frozenset(waits_for),
        contract=contract if is_enforced else {},
        rows_of=(rows_of,) if isinstance(rows_of, str) else tuple(rows_of),
        is_per_customer=bool(config["meta"].get("is_per_customer")),
        names=tuple(config["meta"].get("names", ())),
    )


def _in_any_file(node: Mapping[str, Any]) -> str:
    """The SQL without the name of the file, whatever database it runs in."""
    return str(node["compiled_code"]).replace(f'"{node["database"]}".', "")


def _check(key: str, node: Mapping[str, Any], reads: frozenset[str], wanted: set[str]) -> Step:
    config = node["config"]
    plain = {"fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0", "where": None, "limit": None}
    if any(config[name] != value for name, value in plain.items()) or config["severity"] not in ("error", "warn"):
        raise NotPlanned(f"{node['name']}: a check counts rows and is an error or a warning, nothing else")
    sql = f"select count(*) from (\n{_in_any_file(node)}\n)"
    return Step(key, "test", "", sql, reads & wanted, is_warning=config["severity"] == "warn")


def _seed(path: Path, types: Mapping[str, str]) -> str:
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    if untyped := [name for name in header if name not in types]:
        raise NotPlanned(f"{path.name}: no type is configured for {', '.join(untyped)}")
    cells = ", ".join(f"'{name}': 'varchar'" for name in header)
    listed = ", ".join(f'"{name}"::{types[name]} as "{name}"' for name in header)
    return f"select {listed} from read_csv({literal(path)}, header = true, auto_detect = false, columns = {{{cells}}})"


def _run(run: Runner, connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
    started = time.perf_counter()
    try:
        result = run(connection, step)
    except duckdb.Error as error:
        result = NodeResult(step.unique_id, "error", str(error), 0.0, 0)
    finally:
        connection.close()
    return replace(result, seconds=time.perf_counter() - started)


def run_step(connection: duckdb.DuckDBPyConnection, step: Step) -> NodeResult:
    """The step's SQL in the connection's database, and what its contract or its count says of it."""
    failures = 0
    status, message = ("pass" if step.kind == "test" else "success"), ""
    connection.execute(step.sql)
    if step.kind == "test":
        failures = connection.fetchall()[0][0]
        if failures:
            status = "warn" if step.is_warning else "fail"
            message = f"Got {failures} result{'s' if failures > 1 else ''}, configured to {status} if != 0"
    elif step.contract and (message := _breach(connection, step)):
        status = "error"
    return NodeResult(step.unique_id, status, message, 0.0, failures)


def _breach(connection: duckdb.DuckDBPyConnection, step: Step) -> str:
    """What of a mart's promised columns the table does not keep; names and types, in any order."""
    promised = ", ".join(f'null::{sql_type} as "{name}"' for name, sql_type in step.contract.items())
    kept, wanted = (
        {row[0]: row[1] for row in connection.execute(f"describe {query}").fetchall()}
        for query in (f"from {step.relation}", f"select {promised}")
    )
    if kept == wanted:
        return ""
    wrong = sorted(name for name in kept.keys() | wanted.keys() if kept.get(name) != wanted.get(name))
    return "; ".join(f"{name} is {kept.get(name, 'missing')}, promised {wanted.get(name, 'nothing')}" for name in wrong)
