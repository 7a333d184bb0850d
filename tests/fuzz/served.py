"""A real server process over a home whose tenant has one of everything, and a token per role."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.fuzz.run import Target
from tests.integration.core.furnishing import furnish
from transactional_api.access.accounts import create_account
from transactional_api.access.service import create_key
from transactional_api.access.tokens import AccessTokens
from transactional_api.database import Database

ROOT = Path(__file__).resolve().parents[2]
TENANT = "default"


@contextmanager
def served(folder: Path, roles: Sequence[str]) -> Iterator[Target]:
    """Runs `revhouse serve` until the block ends. Its log is `serve.log` in the folder."""
    home = folder / "home"
    home.mkdir(parents=True)
    database = Database(f"sqlite:///{home / 'core.db'}")
    database.migrate()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {name: value for name, value in os.environ.items() if not name.startswith("REVHOUSE_")}
    switches = {"REVHOUSE_WRITES_PER_MINUTE": "0", "REVHOUSE_FAILED_SIGN_INS_PER_MINUTE": "0"}
    environment = own | switches | {"REVHOUSE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "orchestration.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(address, process)
            with httpx.Client(base_url=address, timeout=60) as client:
                ids = furnish(_call(client, database, "one"), _call(client, database, "two"))
            yield Target(address, _tokens(home, database, roles), ids)
        finally:
            process.terminate()
            process.wait(60)
            database.close()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself with {process.returncode}")
        try:
            if httpx.get(f"{address}/readiness").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _call(client: httpx.Client, database: Database, name: str) -> Any:
    with database.transaction(TENANT, "fuzz") as unit:
        account_id = create_account(unit, login=name, roles=("admin",))[0].account_id
        key = create_key(unit, name, ("admin",), account_id)[1]
    count = iter(range(10_000))

    def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"{name}-{next(count)}"}
        if isinstance(body, bytes):
            answer = client.request(method, path, content=body, headers=headers | {"Content-Type": "text/csv"})
        else:
            answer = client.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    return call


def _tokens(home: Path, database: Database, roles: Sequence[str]) -> dict[str, str]:
    """Long enough for a whole run; a key could be revoked by the run itself."""
    tokens = AccessTokens(home, minutes=600)
    made = {}
    with database.transaction(TENANT, "fuzz") as unit:
        for role in roles:
            account = create_account(unit, login=f"fuzz-{role}", roles=(role,))[0]
            made[role] = tokens.make(TENANT, account.account_id, (role,), database.clock.now())
    return made
