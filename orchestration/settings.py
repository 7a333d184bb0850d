"""Every path, URL and switch, read once from the environment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"


class Settings(BaseSettings):
    """Environment variables with the prefix `REVHOUSE_`; paths are absolute after reading."""

    model_config = SettingsConfigDict(env_prefix="REVHOUSE_", extra="ignore")

    home: Path = Path("data")
    database_url: str = ""
    database_owner_url: str = ""
    """A role that may change tables, where the one of `database_url` may not (PostgreSQL)."""
    reporting_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    keep_versions: Annotated[int, Field(ge=1)] = 10
    keep_bytes: Annotated[int, Field(ge=0)] = 20 * 1024**3
    incremental_from_bytes: Annotated[int, Field(ge=0)] = 64 * 1024**2
    """A version smaller than that is computed as a whole each time, which is quicker than asking what changed."""
    training: Literal["monthly", "never"] = "monthly"
    """Whether a build trains the models of a month that has none yet, or keeps those that there are."""
    core_lag_minutes: Annotated[float, Field(gt=0)] = 15.0
    """How long a change of the core may wait to be read before that is shown as an alarm."""
    lock_wait_seconds: Annotated[float, Field(ge=0)] = 600.0
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    dagster_port: Annotated[int, Field(ge=0, le=65535)] = 3000

    def model_post_init(self, _context: object) -> None:
        self.home = self.home.expanduser().resolve()
        if not self.database_url:
            self.database_url = f"sqlite:///{self.home / 'core.db'}"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def build_file(self) -> Path:
        """Where the build in progress lives; dbt's profile names this path, so it never changes."""
        return self.warehouse / "build" / "build.duckdb"

    @property
    def artefacts(self) -> Path:
        """Files of trained models, named after their content."""
        return self.home / "artefacts"

    @property
    def dbt_target(self) -> Path:
        return self.warehouse / "dbt_compiled"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def drop(self) -> Path:
        return self.home / "drop"

    @property
    def has_core(self) -> bool:
        """False for a home that only ever saw dropped files: its SQLite core was never created."""
        return not self.database_url.startswith("sqlite") or (self.home / "core.db").exists()
