"""One measured run over a core, in a process of its own: `floor URL HOME` or `extract URL HOME`; prints JSON.

The floor is what the product is compared with: the same columns of the same rows with the same driver into a table of
a DuckDB file, nothing checked, parsed or kept apart.
"""

import json
import resource
import sys
import time
from contextlib import closing
from pathlib import Path


def main() -> None:
    what, url, home = sys.argv[1:]
    started = time.perf_counter()
    rows = (floor if what == "floor" else product)(url, Path(home))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak}))


def floor(url: str, home: Path) -> int:
    import duckdb

    from ingestion.app.core import LOGGED

    home.mkdir(parents=True, exist_ok=True)
    with (
        closing(_connect(url)) as core,
        closing(core.cursor()) as cursor,
        closing(duckdb.connect(str(home / "floor.duckdb"))) as con,
    ):
        con.execute("SET threads = 2; SET memory_limit = '1GB'; SET TimeZone = 'UTC'")
        cursor.execute(f"SELECT {LOGGED} FROM change_log")
        con.register("reader", cursor.fetch_record_batch())
        con.execute("CREATE TABLE change_log AS FROM reader")
        con.execute("CHECKPOINT")
        return int(con.execute("SELECT count(*) FROM change_log").fetchall()[0][0])


def product(url: str, home: Path) -> int:
    from ingestion.app import extract

    return extract(home, url).rows


def _connect(url: str):  # type: ignore[no-untyped-def]
    if url.startswith("sqlite"):
        import adbc_driver_sqlite.dbapi as sqlite

        return sqlite.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro")
    import adbc_driver_postgresql.dbapi as postgresql

    return postgresql.connect(url)


if __name__ == "__main__":
    main()
