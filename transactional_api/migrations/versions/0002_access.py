"""Tables of access."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Filled in by its domain."""
