"""On real series beside the project: the bench's choice knows nothing of the months that it is judged on."""

from pathlib import Path

import pytest

from tests.bench.bench_models_forecast import AUTOMATIC, judge, read


@pytest.mark.reference
def test_permuting_the_months_that_were_kept_back_changes_no_choice(reference: Path) -> None:
    assert (reference / "m3" / "m3_monthly_long.csv").is_file()
    for series, kept_back in read(every=400):
        one, other = judge((series, kept_back)), judge((series, kept_back[::-1]))
        assert one.model == other.model and set(one.backtests) == set(other.backtests)
        assert one.figures[AUTOMATIC] != other.figures[AUTOMATIC], "the measures do see them"
