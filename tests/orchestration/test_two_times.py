"""As of a date, as known at a sequence: figures of the past can be asked for, and readers stay where they are."""

from datetime import date
from pathlib import Path

import pytest

from ingestion.retract import undo
from orchestration.publish import Warehouse
from tests.orchestration import houses
from tests.orchestration.houses import differing_tables, new_home, newest_version, revhouse, rows

HEADER = "subscription_id,customer_id,started_on,unit_amount,currency,billing_interval\n"
MRR = "select mrr from marts.revenue_metrics order by month desc limit 1"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One home's builds, by what they were asked for, and the pointer after each."""
    folder = tmp_path_factory.mktemp("history")
    home = new_home(folder / "the user's home")
    warehouse = Warehouse(home / "warehouse")
    made: dict[str, Path] = {"home": home}

    def drop(name: str, text: str) -> None:
        (folder / name).write_text(HEADER + text)
        houses.drop(home, folder / name)

    def note(name: str) -> None:
        made[name] = newest_version(home)
        made[f"readers after {name}"] = warehouse.path_of()

    def build(name: str, *arguments: str) -> None:
        result = revhouse(home, "build", *(arguments or ("--as-of", "2026-03-31")))
        assert result.returncode == 0, result.stderr
        note(name)

    def build_tables(name: str, as_of: date) -> None:
        houses.build(home, as_of)
        note(name)

    drop("first.csv", "S1,C1,2026-01-05,100.00,USD,month\n")
    build("first")
    drop("second.csv", "S1,C1,2026-01-05,120.00,USD,month\nS2,C2,2026-02-10,50.00,USD,month\n")
    build_tables("corrected", date(2026, 3, 31))
    build("as known before the correction", "--as-of", "2026-03-31", "--known-at", "1")
    build_tables("as of February", date(2026, 2, 28))
    undo(home, "f2")
    build("undone")
    build("one table anew", "--as-of", "2026-03-31", "--select", 'key:"marts/mrr_events"')
    build("published although past", "--as-of", "2026-01-31", "--publish")
    return made


def test_a_later_row_with_the_same_key_replaces_the_earlier(history: dict[str, Path]) -> None:
    assert [float(rows(history[name], MRR)[0][0]) for name in ("first", "corrected")] == [100.0, 170.0]


def test_what_was_known_at_a_sequence_is_reproduced_and_readers_do_not_move(history: dict[str, Path]) -> None:
    name = "as known before the correction"
    assert differing_tables(history["first"], history[name]) == {}
    assert history[f"readers after {name}"] == history["corrected"]
    read = revhouse(history["home"], "sql", MRR, "--format", "csv", "--version", "3")
    assert read.stdout.split() == ["mrr", "100.0000"]


def test_an_earlier_as_of_date_is_a_version_of_its_own_and_readers_do_not_move(history: dict[str, Path]) -> None:
    assert rows(history["as of February"], "select max(month)::varchar from marts.revenue_metrics") == [("2026-02-01",)]
    assert history["readers after as of February"] == history["corrected"]


def test_undoing_a_file_publishes_what_there_was_before_it(history: dict[str, Path]) -> None:
    assert differing_tables(history["first"], history["undone"]) == {}
    assert history["readers after undone"] == history["undone"]


def test_one_selected_table_is_computed_anew_and_the_others_are_carried_over(history: dict[str, Path]) -> None:
    assert differing_tables(history["undone"], history["one table anew"]) == {}


def test_the_user_can_publish_the_past(history: dict[str, Path]) -> None:
    name = "published although past"
    assert history[f"readers after {name}"] == history[name]


def test_every_version_is_listed_with_what_it_knew(history: dict[str, Path]) -> None:
    listed = rows(history["one table anew"], "select version, known_at from ops.publications order by version")
    assert listed[:2] == [("000001", 1), ("000002", 2)]
    assert listed[-1][0] == "000006"
