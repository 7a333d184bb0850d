"""Tables of deal_desk."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Filled in by its domain."""
