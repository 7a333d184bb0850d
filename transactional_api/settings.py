"""What the core's HTTP surface can be told from outside, read once from the environment."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables with the prefix `REVHOUSE_`. Without a database URL the core is a file in the home."""

    model_config = SettingsConfigDict(env_prefix="REVHOUSE_", extra="ignore")

    home: Path = Path("data")
    database_url: str = ""
    default_tenant: str = "default"
    session_hours: int = 12

    def model_post_init(self, _context: object) -> None:
        self.home = self.home.expanduser().resolve()
        if not self.database_url:
            self.database_url = f"sqlite:///{self.home / 'core.db'}"
