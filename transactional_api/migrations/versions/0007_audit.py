"""Tables of audit."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Filled in by its domain."""
