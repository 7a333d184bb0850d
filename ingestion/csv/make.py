"""The rows that a file's rows stand for: those of its own data set, or those of each data set that an export makes.

An export's row is taken as a whole or not at all: where one of the rows that it stands for breaks its contract, all of
them are left out, and so are all rows of the file that give one key different contents.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingestion.contracts import DataSet, Make, owners
from ingestion.csv.casts import out_of_range
from ingestion.csv.detect import Recognised
from ingestion.csv.read import UNIT, Typed, row_text
from ingestion.lake import literal

OWNER = "owner_version"


@dataclass(frozen=True)
class Made:
    """The good rows of one make: the relation `rows` has them all, `held` each key once."""

    make: Make
    number: int
    is_direct: bool

    @property
    def data_set(self) -> DataSet:
        return self.make.data_set

    @property
    def held(self) -> str:
        return f"held_{self.number}"

    @property
    def rows(self) -> str:
        return "good" if self.is_direct else f"made_{self.number}"


def make_rows(con: duckdb.DuckDBPyConnection, file: Recognised) -> list[Made]:
    """Create the rows of each make. What breaks a contract of theirs joins the failures, and `typed` marks it bad."""
    made = [Made(make, number, file.layout.is_direct) for number, make in enumerate(file.layout.makes)]
    if file.layout.is_direct:
        con.execute("CREATE OR REPLACE TEMP VIEW good AS SELECT * FROM typed WHERE NOT is_bad")
        return made
    derived = "FROM typed WHERE NOT is_bad"
    for name, sql in file.layout.derived:
        derived = f'SELECT *, {sql} AS "{name}" FROM ({derived})'
    con.execute(f"CREATE OR REPLACE TEMP TABLE derived AS {derived}")
    _check(con, file)
    for one in made:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {one.rows} AS {_values(file, one)}")
    for one in made:
        _judge(con, file, one)
    _mark_failed(con)
    for one in made:
        con.execute(f"DELETE FROM {one.rows} WHERE line IN (SELECT line FROM typed WHERE is_bad)")
    return made


def count_idle(con: duckdb.DuckDBPyConnection, made: list[Made]) -> int:
    """How many good rows of an export no make wants."""
    if made[0].is_direct:
        return 0
    lines = " UNION ALL ".join(f"SELECT line FROM {one.rows}" for one in made)
    return _count(con, f"SELECT count(*) FROM typed WHERE NOT is_bad AND line NOT IN ({lines})")


def hold_all(con: duckdb.DuckDBPyConnection, file: Recognised) -> list[Made]:
    """For a file whose rows stand in the relation `held` already, each key once."""
    assert file.layout.is_direct
    con.execute("CREATE OR REPLACE TEMP VIEW held_0 AS FROM held")
    return [Made(file.layout.makes[0], 0, True)]


def columns_stored(data_set: DataSet) -> list[str]:
    """Of a dropped file's Parquet, in their order."""
    names = ["line", *(name for name, _ in data_set.stored_columns()), "extra"]
    return [*names, *([] if data_set.key else ["row_key"]), *([OWNER] if data_set.name in owners() else [])]


def held_rows(made: list[Made], data_set: DataSet) -> str:
    """SQL: the rows of one data set that are kept of the file."""
    listed = ", ".join(f'"{name}"' for name in columns_stored(data_set))
    queries = []
    for one in made:
        if one.data_set is data_set:
            has_owner = not one.is_direct
            rows = f"FROM {one.held}" if has_owner else f"SELECT *, NULL::VARCHAR AS {OWNER} FROM {one.held}"
            queries.append(f"SELECT {listed} FROM ({rows})")
    return " UNION ALL ".join(queries)


def hold(con: duckdb.DuckDBPyConnection, file: Recognised, typed: Typed, made: list[Made]) -> int:
    """Create what is held of each make: each key once. Returns how many rows of the file are left out since a key of
    theirs has several contents; they join the failures."""
    if file.layout.is_direct and typed.good == typed.keys:
        con.execute("CREATE OR REPLACE TEMP VIEW held_0 AS FROM good")
        return 0
    con.execute("CREATE OR REPLACE TEMP TABLE clashing (line BIGINT)")
    for one in made:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE doubles_{one.number} AS SELECT row_key, min(line) AS line,"
            f" min(row_body) <> max(row_body) AS is_clash FROM {one.rows} GROUP BY row_key HAVING count(*) > 1"
        )
        _note_clashes(con, file, one)
    for one in made:
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {one.held} AS SELECT r.* FROM {one.rows} r"
            f" LEFT JOIN doubles_{one.number} d USING (row_key)"
            " WHERE (d.row_key IS NULL OR r.line = d.line) AND r.line NOT IN (SELECT line FROM clashing)"
        )
    return _count(con, "SELECT count(DISTINCT line) FROM clashing")


def totals(con: duckdb.DuckDBPyConnection, made: list[Made]) -> dict[str, str]:
    """Σ of the accepted rows per currency, '' where the file names none. Exact text."""
    told = [one for one in made if one.make.total] or made[:1]
    parts = [part for one in told if (part := _amounts(one))]
    if not parts:
        return {}
    found = con.execute(
        f"SELECT code, sum(amount)::VARCHAR, max(exponent_of(code)) FROM ({' UNION ALL '.join(parts)})"
        " GROUP BY code ORDER BY code"
    ).fetchall()
    return {code: _readable(total, places) for code, total, places in found if total is not None}


def _values(file: Recognised, one: Made) -> str:
    """The rows of one make, by the SQL of its contract over the export's own columns."""
    make, data_set = one.make, one.data_set
    mapped: dict[str, str] = {}
    for name, sql_type in data_set.stored_columns():
        mapped[name] = f"CAST({make.columns.get(name, 'NULL')} AS {sql_type})"
    body = ", ".join(f"coalesce(\"{name}\"::VARCHAR, '')" for name in mapped if name != make.derived_key)
    listed = ", ".join(f'{sql} AS "{name}"' for name, sql in mapped.items())
    extra = "extra" if make.takes_extra else "NULL::VARCHAR"
    part = f"md5(concat_ws({UNIT}, {make.version}))" if make.version else "NULL"
    amount, currency = make.total or ("NULL", "NULL")
    rows = (
        f"SELECT line, {listed}, {extra} AS made_extra, {part} AS part_version, ({make.whole}) AS is_whole,"
        f" CAST({amount} AS DECIMAL(38,6)) AS total_amount, coalesce({currency}, '')::VARCHAR AS total_currency,"
        f" ({make.identified_by or 'NULL'})::VARCHAR AS own_id FROM derived WHERE {make.when or 'true'}"
    )
    rows = (
        "SELECT * EXCLUDE (made_extra), made_extra AS extra,"
        f" md5(concat_ws({UNIT}, {body}, coalesce(made_extra, ''))) AS row_body FROM ({rows})"
    )
    rows = f"SELECT * EXCLUDE (part_version, is_whole), {_version(file, make)} AS {OWNER} FROM ({rows})"
    if not make.derived_key and data_set.key:
        key = ", ".join(f"coalesce(\"{name}\"::VARCHAR, '')" for name in data_set.identity)
        return f"SELECT *, concat_ws({UNIT}, {key}) AS row_key FROM ({rows})"
    if make.identified_by:
        return f"SELECT *, {literal(f'{file.layout.name}:{one.number}:')} || own_id AS row_key FROM ({rows})"
    within = f'"{make.owner}", ' if make.owner else ""
    prefix = f"\"{make.owner}\" || '-' || " if make.owner else ""
    twin = f"'{one.number}-' || " if file.layout.makes[0].data_set is data_set and one.number else ""
    number = f"{prefix}{twin}row_body || '-' || row_number() OVER (PARTITION BY {within}row_body ORDER BY line)"
    keyed = f"SELECT *, {number} AS row_key FROM ({rows})"
    return f'SELECT * REPLACE (row_key AS "{make.derived_key}") FROM ({keyed})' if make.derived_key else keyed


def _version(file: Recognised, make: Make) -> str:
    """SQL: which version of its owner a row belongs to: the export, the version's columns, and of a whole owner all its
    rows together, whatever their order; of a part nobody knows which rows are missing."""
    if not make.owner:
        return "NULL::VARCHAR"
    whole = f'sum(md5_number_lower(row_body)::HUGEINT) OVER (PARTITION BY "{make.owner}")'
    return (
        f"{literal(f'{file.layout.name}:')} || coalesce(part_version, '') || ':'"
        f" || CASE WHEN is_whole THEN {whole}::VARCHAR ELSE '' END"
    )


def _check(con: duckdb.DuckDBPyConnection, file: Recognised) -> None:
    """The export's own rules; rows that break one join the failures and leave `derived`."""
    for check in file.layout.checks:
        position = file.positions.get(check.column)
        shown = check.column if position is None else file.header[position]
        con.execute(
            f"INSERT INTO failures SELECT line, {literal(shown)}, value, {literal(check.reason)},"
            f' {row_text(file)} FROM (SELECT line, "{check.column}"::VARCHAR AS value,'
            f" ({check.fails}) AS is_failed FROM derived) JOIN raw USING (line) WHERE is_failed"
        )
    if file.layout.checks:
        _mark_failed(con)
        con.execute("DELETE FROM derived WHERE line IN (SELECT line FROM typed WHERE is_bad)")


def _mark_failed(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "UPDATE typed SET is_bad = true WHERE NOT is_bad AND line IN (SELECT line FROM failures WHERE line IS NOT NULL)"
    )


def _judge(con: duckdb.DuckDBPyConnection, file: Recognised, one: Made) -> None:
    """What the data set's contract says of the values that an export's cells became. A currency that an export need not
    name is the tenant's."""
    rules: list[tuple[str, str, str]] = []
    for column in one.data_set.columns.values():
        if column.name not in one.make.columns:
            continue
        if column.must_be_filled and column.type != "currency":
            rules.append((column.name, f'"{column.name}" IS NULL', "is required and blank"))
        if column.values:
            listed = ", ".join(map(literal, column.values))
            rules.append(
                (column.name, f'"{column.name}" NOT IN ({listed})', f"is not one of {', '.join(column.values)}")
            )
        rules += [(column.name, condition, reason) for condition, reason in out_of_range(column)]
    rules += [
        (last, f'"{last}" < "{first}"', f"is before {first}")
        for first, last in one.data_set.ordered
        if {first, last} <= one.make.columns.keys()
    ]
    is_broken = " OR ".join(f"({condition})" for _, condition, _ in rules) or "false"
    if not _count(con, f"SELECT count(*) FROM {one.rows} WHERE {is_broken}"):
        return
    for name, condition, reason in rules:
        con.execute(
            f'INSERT INTO failures SELECT line, {literal(_shown(file, one.make, name))}, "{name}"::VARCHAR,'
            f" {literal(reason)}, {row_text(file)} FROM {one.rows} JOIN raw USING (line) WHERE {condition}"
        )


def _note_clashes(con: duckdb.DuckDBPyConnection, file: Recognised, one: Made) -> None:
    clashes = f"{one.rows} r JOIN doubles_{one.number} d USING (row_key)"
    if not _count(con, f"SELECT count(*) FROM doubles_{one.number} WHERE is_clash"):
        return
    names = [_shown(file, one.make, name) for name in one.data_set.key if name in one.make.columns]
    con.execute(
        f"INSERT INTO failures SELECT r.line, {literal(', '.join(names))}, replace(row_key, {UNIT}, ', '),"
        f" 'stands in this file with different contents', {row_text(file)}"
        f" FROM {clashes} JOIN raw ON raw.line = r.line WHERE d.is_clash"
    )
    con.execute(f"INSERT INTO clashing SELECT DISTINCT r.line FROM {clashes} WHERE d.is_clash")


def _shown(file: Recognised, make: Make, name: str) -> str:
    """The file's own header where a column of the data set is one of its cells, else the data set's name for it."""
    position = file.positions.get(make.columns[name].strip('"'))
    return name if position is None else file.header[position]


def _amounts(one: Made) -> str | None:
    """SQL: the amounts of one make and their currencies."""
    if one.make.total:
        return f"SELECT total_currency AS code, total_amount AS amount FROM {one.held} WHERE total_amount IS NOT NULL"
    data_set = one.data_set
    if not data_set.total:
        return None
    factors = [
        f'coalesce("{name}", {data_set.total_defaults[name]})' if name in data_set.total_defaults else f'"{name}"'
        for name in data_set.total
    ]
    currency = "coalesce(currency, '')" if data_set.total_currency else "''"
    return f"SELECT {currency} AS code, {' * '.join(factors)} AS amount FROM {one.held}"


def _readable(total: str, places: int) -> str:
    """An exact decimal without needless zeros, but with the digits that money has."""
    whole, _, decimals = total.partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    found = con.execute(query).fetchone()
    assert found is not None
    return int(found[0])
