"""Great Expectations judges each batch once, by the profile that DuckDB computed over its every row.

One validation per relation, over a frame with one row per batch not yet judged. The expectations follow
from the contract files. A failed `error` blocks every build until its batches are retracted; a failed
`warn` is only shown.
"""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row
from typing import Any

from ingestion.contracts import app_tables, data_sets
from ingestion.journal import Journal

QUARANTINED_SHARE = 0.05
EARLIEST, LATEST = "1970-01-01", "2100-01-01"


@dataclass(frozen=True)
class Verdict:
    """One expectation about one relation. `failing_file_ids`: files, or `core batch <seq>` for the core's."""

    relation: str
    batches: int
    expectation: str
    success: bool
    severity: str
    observed: str
    failing_file_ids: tuple[str, ...]

    @property
    def is_blocking(self) -> bool:
        return not self.success and self.severity == "error"


@dataclass(frozen=True)
class _Expected:
    """A range for one figure of the profile, both ends inclusive; None = open."""

    name: str
    figure: str
    low: float | None
    high: float | None
    severity: str


def judge_new_batches(home: Path) -> list[Verdict]:
    """Judge what was accepted since the last time and keep the verdicts in the journal.

    Returns the new verdicts, and before them the failed `error` verdicts of old whose batches still count.
    """
    with Journal(home) as journal:
        standing = _standing(journal)
        waiting: dict[str, list[Row]] = defaultdict(list)
        for row in journal.rows(
            "select p.seq, p.relation, p.profile, f.file_id from parts p left join files f on f.seq = p.seq"
            " where p.judged = 0 and p.relation <> 'quarantine' order by p.relation, p.seq"
        ):
            waiting[row["relation"]].append(row)
        if not waiting:
            return standing
        judge = _Judge()
        new: list[Verdict] = []
        for relation, batches in waiting.items():
            verdicts = list(judge.judge(relation, batches))
            _keep(journal, relation, batches, verdicts)
            new += verdicts
        return standing + new


def _expected(relation: str) -> Iterator[_Expected]:
    """What must (error) or should (warn) hold for every batch of a relation."""
    kind, _, name = relation.partition("/")
    if kind == "app":
        yield _Expected("changes add up", "unaccounted", 0, 0, "error")
        for key in app_tables()[name].key:
            yield _Expected(f"{key} is never null", f"blank:{key}", 0, 0, "error")
        return
    data_set = data_sets()[name]
    yield _Expected("read = accepted + quarantined", "unaccounted", 0, 0, "error")
    yield _Expected("no more rows held than accepted", "held_above_accepted", None, 0, "error")
    yield _Expected("rows accepted", "rows_accepted", 0, None, "error")
    yield _Expected("few rows quarantined", "quarantined_share", 0, QUARANTINED_SHARE, "warn")
    yield _Expected("no key with different contents", "key_clashes", 0, 0, "warn")
    for column in data_set.columns.values():
        if column.must_be_filled and column.type != "currency":
            yield _Expected(f"{column.name} is never null", f"nulls:{column.name}", 0, 0, "error")
        if column.min is not None:
            yield _Expected(
                f"{column.name} at least {column.min}", f"min:{column.name}", float(column.min), None, "error"
            )
        if column.max is not None:
            yield _Expected(
                f"{column.name} at most {column.max}", f"max:{column.name}", None, float(column.max), "error"
            )
        if column.type in ("date", "instant"):
            yield _Expected(f"{column.name} between {EARLIEST} and {LATEST}", f"strange:{column.name}", 0, 0, "warn")


def _figures(batch: Row) -> dict[str, Any]:
    """The profile of one batch as numbers, with the sums that the expectations are about."""
    profile = json.loads(batch["profile"])
    figures: dict[str, Any] = {"seq": batch["seq"]}
    if "inserts" in profile:
        changes = profile["inserts"] + profile["updates"] + profile["deletes"]
        figures["unaccounted"] = profile["rows"] - changes
    else:
        read, accepted, quarantined = (profile[f"rows_{what}"] for what in ("read", "accepted", "quarantined"))
        figures["unaccounted"] = read - accepted - quarantined
        figures["held_above_accepted"] = profile["rows"] - accepted * profile.get("times", 1)
        figures["rows_accepted"] = accepted
        figures["quarantined_share"] = quarantined / read if read else 0.0
        figures["key_clashes"] = profile["key_clashes"]
    for name, value in profile.items():
        what, _, column = name.partition(":")
        if what in ("nulls", "blank"):
            figures[name] = value
        elif what in ("min", "max") and value is not None:
            if f"sum:{column}" in profile:
                figures[name] = float(value)
            else:
                early = what == "min" and value < EARLIEST
                late = what == "max" and value > LATEST
                figures[f"strange:{column}"] = figures.get(f"strange:{column}", 0) + int(early or late)
    return figures


class _Judge:
    """The ephemeral Great Expectations context; importing it takes seconds, so it happens only here."""

    def __init__(self) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx

        # its own annotations change from release to release, so they are not relied on
        self._gx: Any = gx
        logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # it set INFO itself
        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        self._source: Any = context.data_sources.add_pandas("profiles")

    def judge(self, relation: str, batches: list[Row]) -> Iterator[Verdict]:
        import pandas as pd

        figures = [_figures(batch) for batch in batches]
        expected = list(_expected(relation))
        wanted = ["seq", *dict.fromkeys(each.figure for each in expected)]
        frame = pd.DataFrame([{name: row.get(name) for name in wanted} for row in figures], columns=wanted)
        frame = frame.astype({name: "float64" for name in wanted if name != "seq"})
        suite = self._gx.ExpectationSuite(name=relation)
        for place, each in enumerate(expected):
            suite.add_expectation(
                self._gx.expectations.ExpectColumnValuesToBeBetween(
                    column=each.figure, min_value=each.low, max_value=each.high, meta={"place": place}
                )
            )
        definition = self._source.add_dataframe_asset(relation).add_batch_definition_whole_dataframe("all")
        result = definition.get_batch({"dataframe": frame}).validate(
            suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["seq"]}
        )
        ids = {batch["seq"]: batch["file_id"] or f"core batch {batch['seq']}" for batch in batches}
        for outcome in sorted(result.results, key=lambda one: one.expectation_config.meta["place"]):
            each = expected[outcome.expectation_config.meta["place"]]
            failing = [row["seq"] for row in outcome.result.get("unexpected_index_list") or []]
            observed = outcome.result.get("unexpected_list") or []
            yield Verdict(
                relation=relation,
                batches=len(batches),
                expectation=each.name,
                success=bool(outcome.success),
                severity=each.severity,
                observed=", ".join(f"{value:g}" for value in observed[:5]),
                failing_file_ids=tuple(ids[seq] for seq in failing),
            )


def _keep(journal: Journal, relation: str, batches: list[Row], verdicts: list[Verdict]) -> None:
    seqs = [batch["seq"] for batch in batches]
    with journal.writing() as db:
        db.executemany(
            "insert into verdicts (relation, expectation, severity, success, batches, first_seq, last_seq,"
            " observed, failing_seqs) values (?,?,?,?,?,?,?,?,?)",
            [
                (
                    relation,
                    verdict.expectation,
                    verdict.severity,
                    int(verdict.success),
                    verdict.batches,
                    min(seqs),
                    max(seqs),
                    verdict.observed,
                    json.dumps(verdict.failing_file_ids),
                )
                for verdict in verdicts
            ],
        )
        db.executemany("update parts set judged = 1 where relation = ? and seq = ?", [(relation, seq) for seq in seqs])


def _standing(journal: Journal) -> list[Verdict]:
    """Failed errors of earlier builds, as far as a failing file still counts."""
    gone = {
        row["file_id"] for row in journal.rows("select f.file_id from retractions r join files f on f.seq = r.file_seq")
    }
    found = []
    for row in journal.rows("select * from verdicts where success = 0 and severity = 'error' order by verdict_id"):
        failing = tuple(name for name in json.loads(row["failing_seqs"]) if name not in gone)
        if failing:
            found.append(
                Verdict(
                    relation=row["relation"],
                    batches=row["batches"],
                    expectation=row["expectation"],
                    success=False,
                    severity=row["severity"],
                    observed=row["observed"],
                    failing_file_ids=failing,
                )
            )
    return found
