"""A build runs what dbt compiled as dbt would: in its order, with its checks between, and nothing it does not know."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt_plan import NodeResult, NotPlanned, Step, plan_of, run_plan

CONFIG: dict[str, Any] = {
    "materialized": "table",
    "pre-hook": [],
    "post-hook": [],
    "contract": {"enforced": False},
    "severity": "error",
    "fail_calc": "count(*)",
    "warn_if": "!= 0",
    "error_if": "!= 0",
    "where": None,
    "limit": None,
    "meta": {},
}


def model(name: str, sql: str, *parents: str, columns: dict[str, str] | None = None, **config: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "database": "build",
        "schema": "marts",
        "alias": name,
        "compiled_code": sql,
        "columns": {column: {"data_type": kind} for column, kind in (columns or {}).items()},
        "depends_on": {"nodes": [f"model.r.{parent}" for parent in parents]},
        "config": {**CONFIG, "contract": {"enforced": columns is not None}, **config},
    }


def check(name: str, sql: str, *parents: str, **config: Any) -> dict[str, Any]:
    return {**model(name, sql, *parents), "resource_type": "test", "config": {**CONFIG, **config}}


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"sources": {}, "nodes": {f"{node['resource_type']}.r.{node['name']}": node for node in nodes}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "build.duckdb"


def ended(steps: list[Step], file: Path) -> dict[str, NodeResult]:
    """Results by name, in the order of their ends."""
    return {result.unique_id.split(".")[2]: result for result in run_plan(steps, file)}


def read(file: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


CHAIN = (
    model("a", "select 1 as x -- one"),
    check("a_is_one", "select * from marts.a where x <> 1", "a"),
    model("b", "select x + 1 as x from marts.a", "a"),
    model("c", "select x + 1 as x from marts.b", "b"),
    check("c_is_b_and_one", "select * from marts.c, marts.b where c.x <> b.x + 1", "b", "c"),
)


def test_tables_come_after_what_they_read_and_after_its_checks(file: Path) -> None:
    results = ended(plan_of(manifest(*reversed(CHAIN)), file.parent), file)
    assert list(results) == ["a", "a_is_one", "b", "c", "c_is_b_and_one"]
    assert [result.status for result in results.values()] == ["success", "pass", "success", "success", "pass"]
    assert read(file, "select x from marts.c") == [(3,)]


def test_nothing_is_built_upon_what_is_wrong_and_the_rest_goes_on(file: Path) -> None:
    broken = (
        model("a", "select 2 as x"),
        *CHAIN[1:],
        model("other", "select 1 as x"),
        check("c_alone", "from marts.c", "c"),
    )
    results = ended(plan_of(manifest(*broken), file.parent), file)
    assert results["a_is_one"] == NodeResult(
        "test.r.a_is_one", "fail", "Got 1 result, configured to fail if != 0", results["a_is_one"].seconds, 1
    )
    assert {name for name, result in results.items() if result.status == "skipped"} == {
        "b",
        "c",
        "c_alone",
        "c_is_b_and_one",
    }
    assert results["other"].status == "success"


def test_a_warning_stops_nothing(file: Path) -> None:
    nodes = (model("a", "select 2 as x"), check("a_is_one", "from marts.a", "a", severity="warn"), CHAIN[2])
    results = ended(plan_of(manifest(*nodes), file.parent), file)
    assert [result.status for result in results.values()] == ["success", "warn", "success"]


def test_sql_that_fails_is_told_and_the_file_is_let_go(file: Path) -> None:
    nodes = (model("a", "select no_such_column"), model("b", "from marts.a", "a"))
    results = ended(plan_of(manifest(*nodes), file.parent), file)
    assert results["a"].status == "error" and "no_such_column" in results["a"].message
    assert results["b"].status == "skipped"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table t (x int)")


def test_some_tables_bring_the_checks_that_read_one_of_them(file: Path) -> None:
    list(run_plan(plan_of(manifest(*CHAIN), file.parent), file))
    results = ended(plan_of(manifest(*CHAIN), file.parent, {"model.r.c"}), file)
    assert list(results) == ["c", "c_is_b_and_one"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": "integer", "y": "decimal(28, 4)"}, None),
        ({"y": "DECIMAL(28,4)", "x": "int"}, None),
        ({"x": "bigint", "y": "decimal(28,4)"}, "x is INTEGER, promised BIGINT"),
        ({"x": "integer"}, "y is DECIMAL(28,4), promised nothing"),
        ({"x": "integer", "y": "decimal(28,4)", "z": "date"}, "z is missing, promised DATE"),
    ],
)
def test_a_mart_keeps_the_columns_that_it_promises(file: Path, columns: dict[str, str], said: str | None) -> None:
    nodes = (model("a", "select 1 as x, 2::decimal(28, 4) as y", columns=columns),)
    result = ended(plan_of(manifest(*nodes), file.parent), file)["a"]
    assert (result.status, result.message) == (("success", "") if said is None else ("error", said))


def test_a_macro_is_a_question_with_parameters(file: Path) -> None:
    nodes = (
        model("a", "select 7 as x"),
        model("a_plus", "select x + d as x from marts.a", "a", materialized="table_macro", parameters=["d"]),
    )
    ended(plan_of(manifest(*nodes), file.parent), file)
    assert read(file, "select x from marts.a_plus(3)") == [(10,)]


@pytest.fixture
def seed(tmp_path: Path) -> Iterator[dict[str, Any]]:
    (tmp_path / "s.csv").write_text("bucket,rate\n1-30,0.02\n'x,\n")
    node = model("s", "", materialized="seed", column_types={"bucket": "varchar", "rate": "decimal(9,6)"})
    yield {**node, "resource_type": "seed", "original_file_path": "s.csv"}


def test_a_seed_has_its_configured_types_and_blank_cells_are_null(file: Path, seed: dict[str, Any]) -> None:
    ended(plan_of(manifest(seed), file.parent), file)
    assert read(file, "select *, typeof(rate) from marts.s order by rate") == [
        ("1-30", Decimal("0.02"), "DECIMAL(9,6)"),
        ("'x", None, "DECIMAL(9,6)"),
    ]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (model("a", "", **{"post-hook": [{"sql": "select 1"}]}), "hooks"),
        (model("a", "", materialized="incremental"), "incremental"),
        (check("a", "", where="x > 1"), "a check counts rows"),
        (check("a", "", error_if="> 10"), "a check counts rows"),
    ],
)
def test_what_a_build_does_not_run_is_refused(file: Path, node: dict[str, Any], said: str) -> None:
    parent = model("p", "select 1")
    node["depends_on"] = {"nodes": ["model.r.p"]}
    with pytest.raises(NotPlanned, match=said):
        plan_of(manifest(parent, node), file.parent)


def test_a_seed_without_types_is_refused(file: Path, seed: dict[str, Any]) -> None:
    seed["config"]["column_types"] = {"rate": "decimal(9,6)"}
    with pytest.raises(NotPlanned, match="no type is configured for bucket"):
        plan_of(manifest(seed), file.parent)
