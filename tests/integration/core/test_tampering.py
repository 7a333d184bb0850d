"""What verification catches of each kind of tampering, compared with the table in docs/decisions/0006."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.integration.core.tampering import BEYOND, KINDS, LAST, Scene
from transactional_api.database import Database
from transactional_api.products.service import create_product

PAGE = Path(__file__).resolve().parents[3] / "docs" / "decisions" / "0006-audit-and-erasure.md"
Caught = tuple[int, ...]


def grow(database: Database, tenant_id: str, number: int) -> None:
    """One more entry."""
    with database.transaction(tenant_id, "test") as unit:
        create_product(unit, product_id=f"p{number}", name="x", kind="usage")


def promised() -> dict[str, Caught]:
    """The table of the page: caught of LAST without checkpoints, with them, with an exported one."""
    rows = re.findall(r"^\| ([^|]+?) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {kind: tuple(int(number) for number in numbers) for kind, *numbers in rows}


def measured(scene: Scene, positions: Iterable[int]) -> dict[str, Caught]:
    found = {}
    for name, kind in (KINDS | BEYOND).items():
        results = [scene.attack(kind, at) for at in positions]
        found[name] = tuple(sum(column) for column in zip(*results, strict=True))
    return found


def test_the_page_lists_fourteen_kinds_and_what_lies_beyond() -> None:
    assert list(promised()) == [*KINDS, *BEYOND]
    assert len(KINDS) == 14


def test_a_few_positions_of_each_kind_are_caught_as_the_page_says(database: Database, tmp_path: Path) -> None:
    positions = (1, 2, 17, LAST)
    found = measured(Scene(database, tmp_path, grow), positions)
    assert found == {kind: tuple(n * len(positions) // LAST for n in caught) for kind, caught in promised().items()}


@pytest.mark.long
def test_fifty_positions_of_each_kind_are_caught_as_the_page_says(database: Database, tmp_path: Path) -> None:
    found = measured(Scene(database, tmp_path, grow), range(1, LAST + 1))
    for kind, caught in found.items():
        print(f"| {kind} | {' | '.join(map(str, caught))} |")
    assert found == promised()
