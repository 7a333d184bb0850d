"""`python -m tests.corpus --seed N`: what the drop promises, and the files of this seed that try each promise."""

from __future__ import annotations

import argparse

from tests.corpus.sentences import SENTENCES
from tests.corpus.table import by_sentence


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus")
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    kinds = by_sentence()
    for key, sentence in SENTENCES.items():
        print(f"{sentence}: {len(kinds[key])} kinds")
        for kind in kinds[key]:
            name = kind.name.encode("unicode_escape").decode() if not kind.name.isprintable() else kind.name
            print(f"    {name}: {kind.summary(seed)}")
    print(f"{len(SENTENCES)} sentences, {sum(map(len, kinds.values()))} kinds, seed {seed}")


if __name__ == "__main__":
    main()
