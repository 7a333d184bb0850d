"""The command in a process of its own, which is a copy of one that has loaded its libraries.

A build of a small home spends a quarter of its time on loading libraries, and tests run some hundred builds. What a
command reads of its surroundings (environment, folder, files) is set before it starts, as for any process.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

LOADED = (
    "orchestration.cli",
    "orchestration.definitions",
    "orchestration.runner",
    "orchestration.run_log",
    "dagster._core.storage.base_storage",
    "dagster._core.storage.sqlite_storage",
    "dagster._core.execution.api",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "PIL.PngImagePlugin",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "upath",
    "duckdb",
)
LONGEST = 900

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([*LOADED, __name__])


def run(arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> CompletedProcess[str]:
    """`revhouse ARGUMENT…` in a folder, with this environment and no other."""
    with tempfile.TemporaryDirectory() as said:
        out, err = Path(said, "out"), Path(said, "err")
        process = _processes.Process(target=_be_the_command, args=(arguments, dict(environment), folder, out, err))
        process.start()
        process.join(LONGEST)
        if process.exitcode is None:
            process.kill()
            raise TimeoutExpired(list(arguments), LONGEST)
        return CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _be_the_command(
    arguments: tuple[str, ...], environment: dict[str, str], folder: Path, out: Path, err: Path
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for target, stream in ((out, 1), (err, 2)):
        os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT), stream)
    sys.argv = ["revhouse", *arguments]
    from orchestration.cli import main

    main()
