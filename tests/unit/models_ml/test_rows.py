from decimal import Decimal

import duckdb

from models_ml.rows import insert


def test_amounts_that_are_wider_than_all_others_are_written_exactly() -> None:
    """One wide amount among thousands, where no sample of the rows meets it."""
    connection = duckdb.connect()
    connection.execute("create table amounts (name varchar, amount decimal(28, 4), parts struct(name varchar)[])")
    small: tuple[object, ...] = ("small", Decimal("1.0000"), None)
    wide = ("wide", Decimal("123456789012345678901234.5678"), [{"name": "a"}, {"name": "b"}])
    insert(connection, "amounts", [*[small] * 2_501, wide, *[small] * 2_499])
    assert connection.execute("select count(*), max(amount), max(len(parts)) from amounts").fetchone() == (
        5_001,
        wide[1],
        2,
    )
