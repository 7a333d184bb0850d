"""`python -m tests.storm`: 20,000 payments, 32 clients, 50 kills. Prints its seed and counts; exit 1 on a fault."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.storm.run import storm


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None, help="Without one, a random seed, which is printed.")
    parser.add_argument("--home", type=Path, default=None, help="Kept afterwards; without one, a folder that is not.")
    asked = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="revhouse-storm-") as folder:
        home = asked.home or Path(folder)
        result = storm(
            home, asked.payments, asked.clients, asked.kills, seed, lambda line: print(line, file=sys.stderr)
        )
    for what, count in result.counts.items():
        print(f"{what:35} {count:>9,}")
    print(f"{'seconds':35} {result.seconds:>9,.0f}")
    for fault in result.faults[:20]:
        print(f"FAULT: {fault}")
    print("one effect each, nothing lost" if not result.faults else f"{len(result.faults)} faults")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
