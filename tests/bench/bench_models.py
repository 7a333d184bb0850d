"""`make bench-models`: how good and how fast the models are, on the reference data beside the project.

forecast: M3's monthly series. churn: telco customers. lifetime: the cohorts and transactions of the textbooks.
"""

import argparse
import importlib

PARTS = ("forecast", "churn", "lifetime")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-models", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for part in asked.parts:
        print(f"== {part}")
        importlib.import_module(f"tests.bench.bench_models_{part}").run()


if __name__ == "__main__":
    main()
