"""Writes docs/api.md: every operation of the API with its permission, its key and the tests that drive it.

python -m tests.integration.core.api_table
"""

import ast
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transactional_api.main import create_app
from transactional_api.settings import Settings

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "api.md"
METHODS = ("get", "post", "put", "patch", "delete")
HEAD = """# The API, operation by operation

Made by `python -m tests.integration.core.api_table` from the OpenAPI and from the tests, and kept equal to both by a
test. Permissions and roles: `transactional_api/access/permissions.py`. **Key**: whether `Idempotency-Key` is needed.
**Tests** drive the operation on SQLite and on PostgreSQL; a write's test reads the effect back through another
operation and finds its log entry.
"""


def operations() -> dict[str, dict[str, Any]]:
    """`POST /deals` → its OpenAPI operation."""
    with TemporaryDirectory() as home:
        described = create_app(Settings(home=Path(home), run_jobs=False)).openapi()
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in sorted(described["paths"].items())
        for method in METHODS
        if method in item
    }


@lru_cache(maxsize=1)
def covering() -> dict[str, list[str]]:
    """Operation → the tests that are marked as driving it, as `file::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for operation in _covered(node):
                    found[operation].append(f"{path.relative_to(ROOT / 'tests')}::{node.name}")
    return found


def page() -> str:
    tests = covering()
    by_tag: dict[str, list[str]] = defaultdict(list)
    for name, operation in operations().items():
        method, _, path = name.partition(" ")
        permission = operation.get("x-permission", "open")
        key = operation.get("x-idempotency-key", "")
        driven = "<br>".join(f"`{test}`" for test in tests.get(name, ()))
        row = f"| `{method}` | `{path}` | {permission} | {key} | {driven} |"
        by_tag[", ".join(operation.get("tags", ["other"]))].append(row)
    parts = [HEAD]
    for tag, rows in sorted(by_tag.items()):
        table = "\n".join(["| | path | permission | key | tests |", "|---|---|---|---|---|", *rows])
        parts.append(f"## {tag.capitalize()}\n\n{table}\n")
    return "\n".join(parts)


def _covered(function: ast.FunctionDef) -> list[str]:
    return [
        str(one.args[0].value)
        for one in function.decorator_list
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr == "covers"
        and isinstance(one.args[0], ast.Constant)
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
