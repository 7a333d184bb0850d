"""Every example in this folder, through the whole warehouse: what it expects is what the tables say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.world import World
from tests.worked_examples.notation import Example, answer, read, wanted

FILES = sorted(Path(__file__).parent.glob("*.txt"))
EXAMPLES = {path.stem: read(path) for path in FILES}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("worked"))
    for example in EXAMPLES.values():
        example.fill(made)
    result = made.build()
    assert result.code == 0, result.log[-3000:]
    yield made


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_warehouse_gives_what_the_example_expects(world: World, example: Example) -> None:
    assert example.expected, "an example expects something"
    for question, rows in example.expected:
        columns = list(rows[0])
        assert answer(world, example, question, columns) == wanted(rows, columns), question


def test_the_examples_of_the_standard_are_all_there() -> None:
    assert {
        "ifrs15_example_05_case_a",
        "ifrs15_example_05_case_b",
        "ifrs15_example_07",
        "ifrs15_example_24",
        "ifrs15_example_33",
        "percentage_of_completion",
    } <= set(EXAMPLES)
