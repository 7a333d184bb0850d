"""The real API as a process that is killed without warning and started again."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self.output = (home / "serve.log").open("ab")
        own = {name: value for name, value in os.environ.items() if not name.startswith("REVHOUSE_")}
        self.environment = {**own, "REVHOUSE_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.environment["REVHOUSE_WRITES_PER_MINUTE"] = "0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "orchestration.cli", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=self.output, stderr=self.output)

    def wait(self, patience: float = 120) -> None:
        """Until it accepts connections."""
        assert self.process is not None
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended by itself with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
