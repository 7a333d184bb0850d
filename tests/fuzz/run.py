"""Runs Schemathesis, every check, against a real server over a tenant that has one of everything."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PHASES = "examples,coverage,fuzzing,stateful"
# What the domain may answer to a request that its schema allows: the schema knows no states and no rows.
REFUSALS = ("2xx", "303", "401", "403", "404", "409", "410", "413", "422", "429")


@dataclass(frozen=True)
class Fuzzed:
    """`cases` is what Schemathesis generated; `report` all that it printed."""

    role: str
    cases: int
    failures: int
    report: str


@dataclass(frozen=True)
class Target:
    """A served tenant: its address, a token per role, and an id for each parameter of a path."""

    address: str
    tokens: Mapping[str, str]
    ids: Mapping[str, str]


def fuzz(target: Target, role: str, folder: Path, examples: int, seed: int, phases: str = PHASES) -> Fuzzed:
    """One run as one role. The configuration is written into `folder`, where Schemathesis looks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schemathesis.toml").write_text(_configuration(target.ids), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{target.address}/openapi.json",
        *("--checks", "all"),
        *("-H", f"Authorization: Bearer {target.tokens[role]}"),
        *("--max-examples", str(examples)),
        *("--seed", str(seed)),
        *("--phases", phases),
        *("--request-timeout", "60"),
        "--continue-on-failure",
        "--no-color",
        "--no-shrink",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    report = done.stdout + done.stderr
    cases = re.search(r"([\d,]+) generated", report)
    failed = re.search(r"=+ ([\d,]+) failures?", report)
    failures = int(failed[1].replace(",", "")) if failed else 0
    if done.returncode != 0 and failures == 0:
        failures = 1  # an error of the run itself is no success
    return Fuzzed(role, int(cases[1].replace(",", "")) if cases else 0, failures, report)


def _configuration(ids: Mapping[str, str]) -> str:
    expected = ", ".join(f'"{status}"' for status in REFUSALS)
    parameters = "\n".join(f'"path.{name}" = "{value}"' for name, value in sorted(ids.items()))
    return f"""
[parameters]
{parameters}

[checks.positive_data_acceptance]
expected-statuses = [{expected}]
"""
