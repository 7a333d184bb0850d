"""The template of every data set is accepted as it stands, so whoever fills it in starts from something right."""

from __future__ import annotations

from pathlib import Path

from ingestion.contracts import data_sets
from ingestion.describe import rules, template

from .drops import put, scan


def test_the_template_of_every_data_set_is_accepted_as_it_stands(home: Path) -> None:
    for name in data_sets():
        put(home, template(name), f"{name}.csv")
    receipts = scan(home)
    assert [(one.data_set, one.status, one.rows_accepted) for one in receipts] == [
        (name, "accepted", 1) for name in data_sets()
    ]


def test_the_rules_name_every_column_with_a_meaning() -> None:
    for data_set in data_sets().values():
        columns = rules(data_set)["columns"]
        assert [one["name"] for one in columns] == list(data_set.columns)
        assert all(one["meaning"] for one in columns)
