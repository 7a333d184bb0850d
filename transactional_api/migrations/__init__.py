"""Alembic migrations, run by `Database.migrate` and never from a shell."""
