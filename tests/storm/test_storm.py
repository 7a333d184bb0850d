"""The storm in a size for every long run; `python -m tests.storm` is the full one."""

from pathlib import Path

import pytest

from tests.storm.run import storm


@pytest.mark.long
def test_killed_again_and_again_the_server_takes_each_payment_once_and_loses_none(tmp_path: Path) -> None:
    result = storm(tmp_path / "home", payments=3000, clients=32, kills=12, seed=20260301)
    assert result.faults == []
    assert result.counts["kills"] == 12
    assert result.counts["altered"] > 20
