"""Tables of tax."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Filled in by its domain."""
