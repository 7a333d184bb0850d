"""The raw relations that dbt reads, as known at one sequence: views over the lake, empty where nothing
came.

`raw_csv.<data set>` has the newest accepted row per key, `raw_app.<table>` the newest version of each row
of the core. Which file a row came from is the journal's knowledge: a small table `intake.parts` brings it
in by the Parquet's path.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from sqlite3 import Row
from typing import Any

import duckdb

from ingestion.contracts import AppTable, DataSet, app_tables, data_sets, layouts, owners
from ingestion.home import intake_folder
from ingestion.journal import Journal
from ingestion.lake import BY_CONTENT, is_shared, literal, scan_of

ALONE = 0
MANY_ROWS = 100_000
"""From here on it is quicker to read keys first and whole rows once."""
PART_COLUMNS = "path VARCHAR, part_seq BIGINT, seq BIGINT, tenant_id VARCHAR, file_id VARCHAR"
RECEIPT_COLUMNS = (
    "file_id VARCHAR, tenant_id VARCHAR, file_name VARCHAR, data_set VARCHAR, status VARCHAR, rows_read BIGINT,"
    " rows_accepted BIGINT, rows_quarantined BIGINT, rows_refused BIGINT, control_totals VARCHAR, reason VARCHAR,"
    " accepted_seq BIGINT, contract VARCHAR, content_hash VARCHAR, notes VARCHAR, undone_seq BIGINT"
)
VERDICT_COLUMNS = (
    "relation VARCHAR, expectation VARCHAR, severity VARCHAR, success BOOLEAN, batches BIGINT, first_seq BIGINT,"
    " last_seq BIGINT, observed VARCHAR, failing_file_ids VARCHAR"
)
STORED_LOGGED = [("change_no", "BIGINT"), ("changed_at", "TIMESTAMP"), ("entry_hash", "BLOB")]
LOGGED_COLUMNS = [("change_no", "BIGINT"), ("changed_at", "TIMESTAMP"), ("entry_hash", "VARCHAR")]
QUARANTINE_COLUMNS = [
    ("line", "BIGINT"),
    ("column_name", "VARCHAR"),
    ("value", "VARCHAR"),
    ("reason", "VARCHAR"),
    ("cells", "VARCHAR"),
]


def create_raw_relations(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    known_at: int | None = None,
    tenants: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Create `raw_csv` and `raw_app` in the connection's database. Returns the stored rows behind each
    relation.

    `known_at` limits everything to what was accepted (and not yet retracted) at that sequence; default now. With
    `tenants`, only their rows, of each as known at its own sequence. Values of persons are current only, whatever the
    sequence.
    """
    lake = intake_folder(home)
    with Journal(home) as journal:
        limit = journal.head() if known_at is None else known_at
        if tenants is None:
            csv_parts = _by_relation(journal.parts("csv/", limit))
        else:
            csv_parts = _by_relation(_parts_of_tenants(journal, tenants))
            limit = max(tenants.values())
        app_parts = _by_relation(journal.parts("app/", limit))
        personal = journal.personal()
        last_changes = None if tenants is None else journal.last_changes(tenants)
    for schema in ("raw_csv", "raw_app", "intake"):
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    if last_changes is not None:
        rows = [{"tenant_id": tenant, "change_no": number} for tenant, number in last_changes.items()]
        _fill(con, "intake.last_changes", "tenant_id VARCHAR, change_no BIGINT", rows)
    create_parts_table(con, lake, [part for parts in csv_parts.values() for part in parts])
    held: dict[str, int] = {}
    for name, data_set in data_sets().items():
        columns = [("line", "BIGINT"), *data_set.stored_columns(), ("extra", "VARCHAR")]
        parts = csv_parts.get(f"csv/{name}", [])
        held[f"raw_csv.{name}"] = sum(part["rows"] for part in parts)
        _create_view(con, f"raw_csv.{name}", current_csv(lake, parts, columns, data_set))
    for name, table in app_tables().items():
        if table.personal:
            query = personal_rows([str(lake / path) for path in personal.get(f"app/{name}", [])], table)
        else:
            parts = app_parts.get(f"app/{name}", [])
            held[f"raw_app.{name}"] = sum(part["rows"] for part in parts)
            only = (
                " SEMI JOIN intake.last_changes l ON v.tenant_id = l.tenant_id AND v.change_no <= l.change_no"
                if last_changes is not None
                else ""
            )
            query = current_app(lake, parts, table.stored_columns(), only)
        _create_view(con, f"raw_app.{name}", query)
    return held


def create_intake_ops(
    con: duckdb.DuckDBPyConnection, home: Path, known_at: int | None = None, live: bool = False
) -> None:
    """Create ops.ingest_receipts, ops.quarantined_rows and ops.batch_verdicts in the connection's database.

    As tables for a build; with `live`, quarantined rows stay a view over the lake, which costs nothing to
    create.
    """
    lake = intake_folder(home)
    with Journal(home) as journal:
        limit = journal.head() if known_at is None else known_at
        receipts = journal.rows(
            "select f.file_id, f.tenant_id, f.file_name, f.data_set,"
            " case when r.seq is not null then 'undone' else f.status end as status,"
            " f.rows_read, f.rows_accepted, f.rows_quarantined, f.rows_refused, f.control_totals, f.reason,"
            " f.seq as accepted_seq, f.contract, f.content_hash, f.notes, r.seq as undone_seq"
            " from files f left join retractions r on r.file_seq = f.seq and r.seq <= ? where f.seq <= ?"
            " order by f.seq",
            (limit, limit),
        )
        verdicts = journal.rows(
            "select relation, expectation, severity, success, batches, first_seq, last_seq, observed,"
            " failing_seqs as failing_file_ids"
            " from verdicts where first_seq <= ? order by verdict_id",
            (limit,),
        )
        parts = journal.parts("quarantine", limit)
    con.execute("CREATE SCHEMA IF NOT EXISTS ops")
    _fill(con, "ops.ingest_receipts", RECEIPT_COLUMNS, receipts)
    _fill(con, "ops.batch_verdicts", VERDICT_COLUMNS, verdicts)
    con.execute("CREATE SCHEMA IF NOT EXISTS intake")
    kind = "VIEW" if live else "TABLE"
    create_parts_table(con, lake, parts, "intake.quarantine_parts")
    query = _empty([("tenant_id", "VARCHAR"), ("file_id", "VARCHAR"), *QUARANTINE_COLUMNS])
    if parts:
        columns = ", ".join(f"r.{name}" for name, _ in QUARANTINE_COLUMNS)
        query = (
            f"SELECT p.tenant_id, p.file_id, {columns} FROM {_scan(lake, parts)} r"
            " JOIN intake.quarantine_parts p ON p.path = r.filename AND p.part_seq = r.part_seq"
        )
    _drop(con, "ops.quarantined_rows")
    con.execute(f"CREATE {kind} ops.quarantined_rows AS {query}")


def tenants_with_facts(
    con: duckdb.DuckDBPyConnection, home: Path, known_at: int, core_tables: Collection[str]
) -> list[str]:
    """The tenants of whom a file had an accepted row, or the core's log a row of one of `core_tables`.

    What was undone or deleted since still counts: whoever had figures once is shown that nothing is left of them.
    """
    with Journal(home) as journal:
        of_files = journal.rows("select tenant_id from files where seq <= ? and rows_accepted > 0", (known_at,))
        app_parts = _by_relation(journal.parts("app/", known_at))
    found = {str(row["tenant_id"]) for row in of_files}
    scans = [
        f"SELECT DISTINCT tenant_id FROM {_scan(intake_folder(home), parts)}"
        for relation, parts in app_parts.items()
        if relation.removeprefix("app/") in core_tables
    ]
    if scans:
        found |= {str(row[0]) for row in con.execute(" UNION ".join(scans)).fetchall()}
    return sorted(found)


def _by_relation(parts: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for part in parts:
        grouped[part["relation"]].append(part)
    return grouped


def create_parts_table(
    con: duckdb.DuckDBPyConnection, lake: Path, parts: list[Row], name: str = "intake.parts"
) -> None:
    """Which entry each stored file holds, by its path."""
    rows = [
        {
            "path": str(lake / part["path"]),
            "part_seq": part["seq"] if is_shared(part["path"]) else ALONE,
            "seq": part["seq"],
            "tenant_id": part["tenant_id"],
            "file_id": part["file_id"],
        }
        for part in parts
    ]
    _fill(con, name, PART_COLUMNS, rows)


def _scan(lake: Path, parts: list[Row], more: str = "") -> str:
    """The rows of these parts with `filename` and `part_seq`, by which a file that holds many entries tells them apart.

    Of a shared file the rows of later entries are left out here; of retracted ones, by who joins the parts.
    """
    scans = []
    if alone := [lake / part["path"] for part in parts if not is_shared(part["path"])]:
        scans.append(f"SELECT *, {ALONE} AS part_seq FROM {scan_of(alone, ', filename = true' + more)}")
    if shared := [part for part in parts if is_shared(part["path"])]:
        paths = sorted({lake / part["path"] for part in shared})
        newest = max(part["seq"] for part in shared)
        scans.append(f"SELECT * FROM {scan_of(paths, ', filename = true' + more)} WHERE part_seq <= {newest}")
    return f"({' UNION ALL BY NAME '.join(scans)})"


def _listed(columns: list[tuple[str, str]], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name, _ in columns)


def _empty(columns: list[tuple[str, str]]) -> str:
    listed = ", ".join(f'NULL::{sql_type} AS "{name}"' for name, sql_type in columns)
    return f"SELECT {listed} WHERE false"


def current_csv(lake: Path, parts: list[Row], columns: list[tuple[str, str]], data_set: DataSet, only: str = "") -> str:
    """Newest row per tenant and key. A tenant with one file has no key twice, so it skips the comparison.

    `only` is a semi-join of the rows `r` and their parts `p` with the keys that are asked for.
    """
    if not parts:
        return _empty([("tenant_id", "VARCHAR"), ("file_id", "VARCHAR"), *columns])
    files = Counter(part["tenant_id"] for part in parts)
    queries = []
    for alone in (True, False):
        chosen = [part for part in parts if (files[part["tenant_id"]] == 1) == alone]
        if chosen:
            is_owned = data_set.name in owners() and any(
                layouts()[part["contract"]].has_owner for part in chosen if part["contract"] in layouts()
            )
            more = ", union_by_name = true" if data_set.name in owners() else ""
            rows = (
                f"SELECT p.tenant_id, p.file_id, p.seq AS at_seq, r.* FROM {_scan(lake, chosen, more)} r"
                f" JOIN intake.parts p ON p.path = r.filename AND p.part_seq = r.part_seq{only}"
            )
            if is_owned and not alone:
                rows += _of_newest_version(data_set)
            selected = f"SELECT tenant_id, file_id, {_listed(columns)} FROM ({rows}) r"
            if alone:
                queries.append(selected)
            elif only or is_owned or sum(part["rows"] for part in chosen) < MANY_ROWS:
                queries.append(selected + _newest(data_set))
            else:
                queries.append(selected + _without_superseded(rows, data_set))
    return " UNION ALL ".join(queries)


def _newest(data_set: DataSet) -> str:
    key = ", ".join(f'"{name}"' for name in data_set.identity)
    return f" QUALIFY row_number() OVER (PARTITION BY tenant_id, {key} ORDER BY at_seq DESC) = 1"


def _without_superseded(rows: str, data_set: DataSet) -> str:
    """The same for many rows, in half of the time: most keys occur once, which the hashes of keys alone tell. Only rows
    whose hash occurs again are compared by their keys."""
    key = ", ".join(f'"{name}"' for name in data_set.identity)
    same_key = " AND ".join(f'r."{name}" IS NOT DISTINCT FROM s."{name}"' for name in data_set.identity)
    hashed = f"hash(tenant_id, {key})"
    again = f"SELECT {hashed} AS hashed FROM ({rows}) GROUP BY hashed HAVING count(*) > 1"
    superseded = (
        f"SELECT tenant_id, at_seq, {key} FROM ({rows}) WHERE {hashed} IN ({again})"
        f" QUALIFY at_seq < max(at_seq) OVER (PARTITION BY tenant_id, {key})"
    )
    return f" ANTI JOIN ({superseded}) s ON r.tenant_id = s.tenant_id AND r.at_seq = s.at_seq AND {same_key}"


def _of_newest_version(data_set: DataSet) -> str:
    """What an export says of one document holds until it says otherwise: then none of what it said before does. A file
    with a part of a document says nothing against one that has the whole of it in the same version."""
    export, columns, whole = (f"split_part(r.owner_version, ':', {place})" for place in (1, 2, 3))
    document = f'p.tenant_id, r."{owners()[data_set.name]}", {export}'
    return (
        f" QUALIFY r.owner_version IS NULL OR ({columns} = first_value({columns}) OVER"
        f" (PARTITION BY {document} ORDER BY p.seq DESC) AND {whole} = coalesce(arg_max({whole}, p.seq)"
        f" FILTER ({whole} <> '') OVER (PARTITION BY {document}, {columns}), ''))"
    )


def _parts_of_tenants(journal: Journal, tenants: Mapping[str, int]) -> list[Row]:
    """The parts of dropped files of some tenants, of each as known at its own sequence."""
    parts: list[Row] = []
    for seq in sorted(set(tenants.values())):
        parts += [part for part in journal.parts("csv/", seq) if tenants.get(part["tenant_id"]) == seq]
    return parts


def current_app(lake: Path, parts: list[Row], columns: list[tuple[str, str]], only: str = "") -> str:
    """Newest version per tenant and key; deleted rows are gone. What an older file does not have is NULL.

    `only` is a semi-join of the versions `v` with the keys that are asked for.
    """
    if not parts:
        return _empty([("tenant_id", "VARCHAR"), *LOGGED_COLUMNS, *columns])
    return (
        f"SELECT tenant_id, change_no, changed_at, lower(hex(entry_hash)) AS entry_hash, {_listed(columns)}"
        f" FROM (SELECT * FROM ({app_versions(lake, parts, columns)}) v{only}"
        " QUALIFY row_number() OVER (PARTITION BY tenant_id, row_key ORDER BY change_no DESC) = 1)"
        " WHERE operation <> 'delete'"
    )


def app_versions(lake: Path, parts: list[Row], columns: list[tuple[str, str]]) -> str:
    """Every stored version of the rows of a table of the core, deletions too; what an older file lacks is NULL."""
    known = [("tenant_id", "VARCHAR"), ("row_key", "VARCHAR"), ("operation", "VARCHAR"), *STORED_LOGGED, *columns]
    return _at_least(known, _scan(lake, parts, ", union_by_name = true")) if parts else _empty(known)


def personal_rows(paths: Sequence[str], table: AppTable, more: Sequence[str] = ()) -> str:
    """The current personal values out of the files that have them: of each row the newest, unless it is gone."""
    columns = [("tenant_id", "VARCHAR"), *table.stored_columns()]
    if not paths:
        return _empty(columns)
    listed = ", ".join(literal(path) for path in paths)
    known = [("change_no", "BIGINT"), ("is_gone", "BOOLEAN"), *columns]
    cells = ", ".join([*more, *(f'CAST("{name}" AS {sql_type}) AS "{name}"' for name, sql_type in columns)])
    key = ", ".join(f'"{name}"' for name in ("tenant_id", *table.key))
    newest = f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY coalesce(change_no, 0) DESC) = 1"
    rows = _at_least(known, f"read_parquet([{listed}], union_by_name = true, {BY_CONTENT})")
    return f"SELECT {cells} FROM (FROM ({rows}){newest if len(paths) > 1 else ''}) WHERE NOT coalesce(is_gone, false)"


def _at_least(columns: list[tuple[str, str]], rows: str) -> str:
    """The rows with every one of the columns, those that they lack as NULL: contracts grow, stored files do not."""
    return f"{_empty(columns)} UNION ALL BY NAME FROM {rows}"


def _drop(con: duckdb.DuckDBPyConnection, name: str) -> None:
    schema, table = name.split(".")
    found = con.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_catalog = current_database()"
        f" AND table_schema = '{schema}' AND table_name = '{table}'"
    ).fetchone()
    if found:
        con.execute(f"DROP {'VIEW' if found[0] == 'VIEW' else 'TABLE'} {name}")


def _create_view(con: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    con.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")


def _fill(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Mapping[str, Any] | Row]) -> None:
    """A table of the journal's rows. They go in as one JSON text: Arrow would cost an import of pandas."""
    _drop(con, name)
    con.execute(f"CREATE TABLE {name} ({columns})")
    shape = json.dumps([dict(column.strip().split(" ") for column in columns.split(","))])
    for start in range(0, len(rows), 2000):
        content = json.dumps([dict(row) for row in rows[start : start + 2000]]).replace("'", "''")
        con.execute(f"INSERT INTO {name} BY NAME SELECT unnest(from_json('{content}', '{shape}'), recursive := true)")
