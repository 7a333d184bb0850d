"""`revhouse serve`, `work` and `dev`: the API with its dashboard, and the Dagster UI with its daemon beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from orchestration.core import core_settings, open_core
from orchestration.runner import prepare_dagster_home
from orchestration.settings import PROJECT_ROOT, Settings

SHUTDOWN_SECONDS = 30


def serve_api(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Runs the API until it is told to stop. Port 0 picks a free one; the address is printed.

    SIGTERM lets running requests finish, for half a minute at most, and then the round of jobs that runs.
    """
    import uvicorn

    port = port or free_port(host)
    refuse_taken_port(host, port)
    sys.stdout.write(f"revhouse: http://{host}:{port}/dashboard (API description at /docs)\n")
    sys.stdout.flush()
    with shared_metrics(settings, workers):
        uvicorn.run(
            "orchestration.serve:worker_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            server_header=False,
        )


def worker_app() -> Any:
    """The application of one worker process, which reads its settings from the environment like its parent."""
    from transactional_api.operations.logs import configure

    configure()
    from orchestration.compose import compose_app
    from transactional_api.operations.lifecycle import settle_memory

    app = compose_app(Settings())
    settle_memory()
    return app


def work(settings: Settings) -> None:
    """Runs the jobs of the core alone until it is told to stop. Of many processes one works at a time."""
    from transactional_api.jobs import ALL_JOBS
    from transactional_api.kit.jobs import JobRunner
    from transactional_api.operations.logs import configure

    configure()
    settings.home.mkdir(parents=True, exist_ok=True)
    with open_core(settings) as database:
        database.migrate()
        runner = JobRunner(database, core_settings(settings), ALL_JOBS)
        told = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        runner.start()
        sys.stdout.write("revhouse: working\n")
        sys.stdout.flush()
        told.wait()
        runner.stop()


@contextmanager
def shared_metrics(settings: Settings, workers: int) -> Iterator[None]:
    """A folder in which several workers keep their counts, so that whichever is asked answers for all of them."""
    if workers == 1:
        yield
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="metrics-", dir=settings.home) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def serve_dev(settings: Settings) -> None:
    """Starts the API, the Dagster UI and the Dagster daemon, and stops all of them together."""
    prepare_dagster_home(settings)
    _make_dagster_tables()
    refuse_taken_port(settings.host, settings.port)
    refuse_taken_port(settings.host, settings.dagster_port)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    bin_folder = Path(sys.executable).parent
    location = ["-m", "orchestration.definitions"]
    commands = {
        "api": [sys.executable, "-m", "orchestration.cli", "serve"],
        "dagster ui": [
            str(bin_folder / "dagster-webserver"),
            *location,
            "-h",
            settings.host,
            "-p",
            str(settings.dagster_port),
        ],
        "dagster daemon": [str(bin_folder / "dagster-daemon"), "run", *location],
    }
    sys.stdout.write(f"revhouse: Dagster UI at http://{settings.host}:{settings.dagster_port}\n")
    sys.stdout.flush()
    running = {
        name: subprocess.Popen(command, env=environment, start_new_session=True) for name, command in commands.items()
    }
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.5)
        ended = [name for name, process in running.items() if process.poll() is not None]
        raise RuntimeError(f"{ended[0]} stopped with exit code {running[ended[0]].returncode}")
    finally:
        for process in running.values():
            _stop(process)


def _make_dagster_tables() -> None:
    """Before the UI and the daemon start side by side: both would make the tables of a new home, and one would fail."""
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        instance.get_runs_count()
        instance.all_instigator_state()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _stop(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """Dagster's servers take SIGINT; whatever they started shares their session and goes with them."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken_port(host: str, port: int) -> None:
    """Raises RuntimeError naming the setting that moves the port, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RuntimeError(
                f"port {port} is taken ({error.strerror}); set REVHOUSE_PORT or REVHOUSE_DAGSTER_PORT"
            ) from error
