"""Two hashes tell all rows apart that one does not."""

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from orchestration.row_hashes import two_hashes

UNITS = st.integers(-3, 3) | st.integers(-(10**25), 10**25)


def hashed(first: int, second: int) -> tuple[object, ...]:
    one, two = two_hashes([("amount", "DECIMAL(28,4)"), ("units", "HUGEINT")])
    row = f"select ({first} * 0.0001::decimal(4, 4))::decimal(28, 4) as amount, {second}::hugeint as units"
    return duckdb.sql(f"select {one}, {two} from ({row})").fetchall()[0]


def test_one_hash_takes_the_smallest_amount_below_nothing_for_nothing() -> None:
    assert hashed(0, 0)[0] == hashed(-1, 0)[0]
    assert hashed(0, 0) != hashed(-1, 0)


@given(UNITS, UNITS, UNITS, UNITS)
def test_rows_that_differ_have_other_hashes(a: int, b: int, c: int, d: int) -> None:
    assert (hashed(a, b) == hashed(c, d)) == ((a, b) == (c, d))
