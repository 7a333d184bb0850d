"""`python -m tests.fuzz`: serves a furnished tenant and sends Schemathesis at it as three roles."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.run import PHASES, fuzz
from tests.fuzz.served import served

ROLES = ("admin", "finance", "sales")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--roles", default=",".join(ROLES))
    parser.add_argument("--examples", type=int, default=50, help="A test's examples at most, an operation and phase.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--reports", type=Path, default=None, help="Where to keep what Schemathesis printed.")
    asked = parser.parse_args()
    failures = 0
    for role in asked.roles.split(","):
        with tempfile.TemporaryDirectory(prefix="revhouse-fuzz-") as folder, served(Path(folder), ROLES) as target:
            done = fuzz(target, role, Path(folder) / "run", asked.examples, asked.seed, asked.phases)
        print(f"{role:10} seed {asked.seed}  {done.cases:>8,} cases  {done.failures:>4} failures", flush=True)
        failures += done.failures
        if asked.reports is not None:
            asked.reports.mkdir(parents=True, exist_ok=True)
            (asked.reports / f"{role}.txt").write_text(done.report, encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
