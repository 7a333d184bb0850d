"""All kinds, and which sentence each belongs to."""

from __future__ import annotations

from collections import defaultdict

from tests.corpus import kinds_acts, kinds_bytes, kinds_files, kinds_header, kinds_rows, kinds_values
from tests.corpus.cases import KINDS, Kind

MODULES = (kinds_acts, kinds_bytes, kinds_files, kinds_header, kinds_rows, kinds_values)


def by_sentence() -> dict[str, list[Kind]]:
    found: dict[str, list[Kind]] = defaultdict(list)
    for kind in KINDS:
        found[kind.sentence].append(kind)
    return found
