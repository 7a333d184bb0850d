"""PostgreSQL's row security over every table: the second wall between tenants, behind the queries' own conditions.

It holds for the tables' owner as well. `revhouse.tenant` is set in every transaction; `*` is for what serves all.
It catches a query that forgot its tenant, not somebody who may run SQL of his own.
"""

from sqlalchemy import Connection, inspect, text

from transactional_api.tables import Base

_SEEN = "tenant_id = current_setting('revhouse.tenant', true) OR current_setting('revhouse.tenant', true) = '*'"


def wall_tenants(connection: Connection) -> None:
    """Give every table the policy; tables that have it keep it."""
    policies = connection.execute(text("SELECT tablename FROM pg_policies WHERE policyname = 'of_one_tenant'"))
    walled = {str(row[0]) for row in policies}
    present = set(inspect(connection).get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name in present - walled:
            connection.execute(text(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"))
            connection.execute(text(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"))
            connection.execute(
                text(f"CREATE POLICY of_one_tenant ON {table.name} USING ({_SEEN}) WITH CHECK ({_SEEN})")
            )


def grant(connection: Connection, role: str) -> None:
    """What the core needs of its tables, for a role that does not own them."""
    name = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))
