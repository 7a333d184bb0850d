"""Every check of Schemathesis in a size for every long run; `python -m tests.fuzz` is the full one."""

from pathlib import Path

import pytest

from tests.fuzz.__main__ import ROLES
from tests.fuzz.run import fuzz
from tests.fuzz.served import served


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_no_request_breaks_the_server_or_its_own_description(tmp_path: Path, role: str) -> None:
    with served(tmp_path, ROLES) as target:
        done = fuzz(target, role, tmp_path / "run", examples=3, seed=20260301)
    assert done.failures == 0, done.report[-20_000:]
    assert done.cases > 5_000
