"""`revhouse serve` and `revhouse dev`: the API with its dashboard, and the Dagster UI with its daemon beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from orchestration.runner import prepare_dagster_home
from orchestration.settings import PROJECT_ROOT, Settings


def serve_api(settings: Settings, host: str, port: int) -> None:
    """Runs the API until it is told to stop. Port 0 picks a free one; the address is printed."""
    import uvicorn

    from orchestration.compose import compose_app

    port = port or free_port(host)
    refuse_taken_port(host, port)
    app = compose_app(settings)
    sys.stdout.write(f"revhouse: http://{host}:{port}/dashboard (API description at /docs)\n")
    sys.stdout.flush()
    uvicorn.run(app, host=host, port=port, log_level="warning")


def serve_dev(settings: Settings) -> None:
    """Starts the API, the Dagster UI and the Dagster daemon, and stops all of them together."""
    prepare_dagster_home(settings)
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
