"""Alembic's entry point. The connection, its transaction and its lock are the caller's (see `runner.py`)."""

from alembic import context

from transactional_api.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
