"""What the core's HTTP surface can be told from outside, read once from the environment."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables with the prefix `REVHOUSE_`. Without a database URL the core is a file in the home."""

    model_config = SettingsConfigDict(env_prefix="REVHOUSE_", extra="ignore")

    home: Path = Path("data")
    database_url: str = ""
    default_tenant: str = "default"
    # A role that may change tables, where the one of `database_url` may not (PostgreSQL).
    database_owner_url: str = ""
    session_hours: int = 12
    # Access tokens are believed until they expire. Without a secret one is made and kept in the home.
    access_minutes: int = 15
    token_secret: str = ""
    # Whether this process also runs what nobody asks for: dispatching, reconciling, escalating.
    run_jobs: bool = True

    # Where signed checkpoints and their key are kept; another disk is a good place. Default: `audit` in the home.
    audit_folder: Path | None = None

    # The provider of signatures that are asked for without naming one; how long a document can be signed; and where the
    # core is reached from outside, for the addresses of its signing page (empty: the address is only a path).
    esign_provider: str = "local"
    signing_days: int = 14
    public_url: str = ""

    # The provider of payments that name none; the secret of the embedded one's webhooks (without it, none is taken).
    payment_provider: str = "local"
    local_payment_webhook_secret: str = ""
    # Hosts and networks beside the public internet to which webhooks may go, a comma list: `n8n.internal, 10.0.0.0/8`.
    allow_private_webhooks: str = ""
    webhook_timeout_seconds: float = 5
    # So often a message is tried, over about a day with 10, before it is a dead letter.
    webhook_attempts: int = 10
    # Limits of one process; 0 is none. Writes are counted by credential, failed sign-ins by address.
    writes_per_minute: int = 30_000
    failed_sign_ins_per_minute: int = 10
    # How long a body may take to come; how long the process stays unready before it stops listening.
    body_seconds: float = 30
    drain_seconds: float = 0

    # Where journals of posted documents go: `file` writes CSV into `accounting` in the home.
    accounting_system: str = "file"

    def model_post_init(self, _context: object) -> None:
        self.home = self.home.expanduser().resolve()
        if not self.database_url:
            self.database_url = f"sqlite:///{self.home / 'core.db'}"
