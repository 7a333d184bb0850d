"""Rewriting the database's files after an erasure: a value that was overwritten still stands in old pages until then.

SQLite: the whole file anew, and its write-ahead log emptied. PostgreSQL: each table that held values anew; its
write-ahead log and backups are the administrator's (see docs/decisions/0006).
"""

from contextlib import closing

from sqlalchemy import create_engine, insert

from transactional_api.database import Database
from transactional_api.privacy import repository
from transactional_api.privacy.holders import HOLDERS
from transactional_api.privacy.owned import personal_tables
from transactional_api.privacy.tables import ErasureCleaning


def clean(database: Database) -> int:
    """Rewrites what erasures left in the files, if there were any since the last time. Returns how many are done with.

    A reader that does not let go of the old pages makes it do nothing: it is tried again.
    """
    with database.all_tenants(writes=False) as session:
        pending = repository.not_cleaned(session)
    if not pending or not (_clean_sqlite(database) if database.is_sqlite else _clean_postgresql(database)):
        return 0
    now = database.clock.now()
    rows = [{"tenant_id": tenant, "erasure_id": erasure, "cleaned_at": now} for tenant, erasure in pending]
    with database.all_tenants() as session:
        session.execute(insert(ErasureCleaning), rows)
    return len(rows)


def _clean_sqlite(database: Database) -> bool:
    with closing(database.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        return row is not None and row[0] == 0


def _clean_postgresql(database: Database) -> bool:
    names = {str(table.__tablename__) for table in (*personal_tables(), *(holder.table for holder in HOLDERS))}
    engine = create_engine(database.owner_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for name in sorted(names):
                connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
    finally:
        engine.dispose()
    return True
