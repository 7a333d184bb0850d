"""`revhouse doctor`: what a person checks first when something does not work."""

import importlib.metadata
import json
import platform
import shutil
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.errors import IngestionError
from orchestration.core import core_settings, open_core, tables_with_figures
from orchestration.dbt_runner import DbtProject
from orchestration.lag import late_line
from orchestration.publish import Warehouse, lock_holder
from orchestration.settings import PROJECT_ROOT, Settings

PACKAGES = (
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "polars",
    "prophet",
    "sqlalchemy",
)
LOW_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """`state` is ok, note or bad; only bad makes the command exit 1."""

    what: str
    state: str
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Looks, changes nothing."""
    return [
        Finding("python", "ok", platform.python_version()),
        *_versions(),
        _home(settings),
        _disk(settings),
        _core(settings),
        _lag(settings),
        _checkpoints(settings),
        _tenants(settings),
        _published(settings),
        _lock(settings),
        _leftovers(settings),
        _manifest(settings),
        *(_port(settings, name, port) for name, port in (("API", settings.port), ("UI", settings.dagster_port))),
    ]


def _versions() -> list[Finding]:
    """Installed versions against the lock."""
    locked = {}
    for line in (PROJECT_ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8").splitlines():
        name, mark, version = line.split(" ")[0].partition("==")
        if mark:
            locked[name] = version
    found = []
    for name in PACKAGES:
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, "bad", "not installed; run make"))
            continue
        state = "ok" if installed == locked.get(name) else "bad"
        found.append(Finding(name, state, installed if state == "ok" else f"{installed}, locked {locked.get(name)}"))
    return found


def _home(settings: Settings) -> Finding:
    if not settings.home.exists():
        return Finding("home", "note", f"{settings.home} does not exist yet")
    return Finding("home", "ok", str(settings.home))


def _disk(settings: Settings) -> Finding:
    folder = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(folder).free
    return Finding("disk", "bad" if free < LOW_DISK else "ok", f"{free / 1024**3:.1f} GiB free")


def _core(settings: Settings) -> Finding:
    if not settings.has_core:
        return Finding("core database", "note", "none yet; it is made by demo or serve")
    from transactional_api.database import DatabaseUnavailable

    try:
        with open_core(settings) as database:
            database.ping()
    except DatabaseUnavailable as error:
        return Finding("core database", "bad", str(error))
    return Finding("core database", "ok", settings.database_url.split("@")[-1])


def _lag(settings: Settings) -> Finding:
    """Whether builds read what the core writes, as far as it matters to a published table."""
    path = DbtProject(settings).manifest_path
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"sources": {}}
    try:
        late = late_line(settings, tables_with_figures(manifest), datetime.now(UTC))
    except IngestionError as error:
        return Finding("core log", "bad", str(error))
    return Finding("core log", "note" if late else "ok", late or "read in time")


def _checkpoints(settings: Settings) -> Finding:
    """The newest signed checkpoint of the tenant that was signed last; nothing is verified here."""
    if not settings.has_core:
        return Finding("audit checkpoints", "note", "none yet; the first build signs one")
    from transactional_api.audit.checkpoints import CheckpointsBroken
    from transactional_api.audit.service import checkpoint_files
    from transactional_api.database import DatabaseUnavailable

    files = checkpoint_files(core_settings(settings))
    try:
        with open_core(settings) as database:
            heads = database.change_log_heads()
        last = [checkpoints[-1] for tenant in heads if (checkpoints := files.read(tenant))]
    except (CheckpointsBroken, DatabaseUnavailable) as broken:
        return Finding("audit checkpoints", "bad", f"{files.folder}: {broken}")
    if not last:
        return Finding("audit checkpoints", "note", "none yet; the first build signs one")
    newest = max(last, key=lambda one: one.signed_at)
    where = f"change {newest.change_no} of tenant {newest.tenant_id}, signed {newest.signed_at}"
    return Finding("audit checkpoints", "ok", f"{where}, in {files.folder}")


def _tenants(settings: Settings) -> Finding:
    from orchestration.tenants import TenantSettingRefused, load_tenants

    try:
        tenants = load_tenants(settings.home / "tenants.toml")
    except TenantSettingRefused as error:
        return Finding("tenants.toml", "bad", str(error))
    return Finding("tenants.toml", "ok", f"{len(tenants.configured)} tenants configured, others take the defaults")


def _published(settings: Settings) -> Finding:
    warehouse = Warehouse(settings.warehouse)
    pointer = warehouse.current()
    if pointer is None:
        return Finding("published", "note", "nothing yet; run revhouse build")
    if not (settings.warehouse / pointer.file).exists():
        return Finding("published", "bad", f"the pointer names {pointer.file}, which is missing")
    kept = f"version {pointer.version} as of {pointer.as_of}, {len(warehouse.versions())} kept"
    return Finding("published", "note" if pointer.stale else "ok", f"{kept}; {_stale(pointer.stale_reason)}")


def _stale(reason: str | None) -> str:
    return f"stale: {reason}" if reason else "fresh"


def _lock(settings: Settings) -> Finding:
    holder = lock_holder(settings.warehouse)
    return Finding("build lock", "note" if holder else "ok", f"held by {holder}" if holder else "free")


def _leftovers(settings: Settings) -> Finding:
    folder = settings.build_file.parent
    if folder.exists() and lock_holder(settings.warehouse) is None:
        return Finding("build folder", "note", f"{folder} is left from a killed build; the next one clears it")
    return Finding("build folder", "ok", "nothing left over")


def _manifest(settings: Settings) -> Finding:
    project = DbtProject(settings)
    if not project.manifest_path.exists():
        return Finding("dbt manifest", "note", "not compiled yet")
    fresh = project.is_fresh()
    return Finding(
        "dbt manifest",
        "ok" if fresh else "note",
        "fresh" if fresh else "older than the project; the next build compiles it",
    )


def _port(settings: Settings, name: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex((settings.host, port)) == 0
    return Finding(f"{name} port {port}", "note" if taken else "ok", "in use" if taken else "free")
