"""The sample files that a newcomer drops first: what the generator makes, all accepted, and they build."""

from datetime import date
from pathlib import Path

from orchestration.demo.samples import FOLDER, main
from tests.orchestration.houses import build, new_home, revhouse, rows


def test_the_samples_in_the_repository_are_what_the_generator_makes(tmp_path: Path) -> None:
    main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in FOLDER.glob("*.csv")}


def test_the_samples_are_accepted_whole_and_publish_revenue(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    dropped = revhouse(home, "drop", str(FOLDER), "--tenant", "acme")
    assert dropped.returncode == 0, dropped.stdout
    version = build(home, date(2026, 6, 30))
    assert rows(version, "select distinct status from ops.ingest_receipts") == [("accepted",)]
    assert rows(version, "select mrr > 0 from marts.revenue_metrics order by month desc limit 1") == [(True,)]
