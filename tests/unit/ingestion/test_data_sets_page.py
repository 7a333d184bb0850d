"""The documentation of the data sets is what the contracts say."""

from __future__ import annotations

from ingestion.contracts import layouts
from ingestion.data_sets_page import PAGE, page


def test_the_documented_data_sets_are_those_of_the_contracts() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m ingestion.data_sets_page"


def test_every_header_that_is_known_is_named() -> None:
    text = page().casefold()
    for name, layout in layouts().items():
        _, _, section = text.partition(f"\n## {name}\n")
        section = section.split("\n## ")[0]
        assert section, name
        assert [header for header in layout.headers if f"`{header}`" not in section] == [], name
