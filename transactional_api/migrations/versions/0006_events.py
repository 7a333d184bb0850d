"""Tables of events."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Filled in by its domain."""
