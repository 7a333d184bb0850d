"""Who is used from now on, the month's challenger or the champion: by a holdout that neither learned from."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb

from models_ml.artefacts import Artefacts, Unusable
from models_ml.ltv.tables import Subject, read_subjects
from models_ml.ltv.training import KIND, LOSSES, judge, model_of
from models_ml.registry import Entry, Registry, write_registry
from models_ml.threads import one_thread

CHAMPION = "champion_"
"""Prefix of the figures that the champion had on the same holdout."""


@one_thread()
def write_decisions(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Entry]:
    """Decides on every challenger of `ml.lifetime_candidates`, writes `ml.lifetime_registry`, returns the new rows."""
    rows = connection.execute(
        """select tenant_id, subject, algorithm, trained_at, "window", metrics, hash, reason
        from ml.lifetime_candidates inner join run.tenants using (tenant_id)
        where is_challenger and trained_at = as_of order by tenant_id, subject"""
    ).fetchall()
    subjects = {
        (one.tenant_id, one.subject): one
        for one in (read_subjects(connection) if rows else ())
        if registry.is_due(one.as_of, one.tenant_id, one.subject)
    }
    decisions = []
    for tenant_id, subject, algorithm, trained_at, window, metrics, digest, reason in rows:
        if (tenant_id, subject) not in subjects:
            continue
        challenger = Entry(
            tenant_id=tenant_id,
            kind=KIND,
            subject=subject,
            algorithm=algorithm,
            status="accepted" if digest else "fallback",
            trained_at=trained_at,
            window=_days(window),
            metrics=json.loads(metrics),
            hash=digest,
            reason=reason,
        )
        incumbent = registry.incumbent(trained_at, tenant_id, subject)
        decisions.append(decide(challenger, incumbent, subjects[tenant_id, subject], artefacts))
    as_of = dict(connection.execute("select tenant_id, as_of from run.tenants").fetchall())
    write_registry(connection, registry.decided(decisions, as_of))
    return decisions


def decide(challenger: Entry, incumbent: Entry | None, subject: Subject, artefacts: Artefacts) -> Entry:
    """The challenger's row with its status, both losses and the sentence why."""
    if challenger.hash is None or incumbent is None or incumbent.hash is None:
        return challenger
    try:
        champion = model_of(artefacts.load(incumbent.hash), subject)
    except Unusable as error:
        return replace(challenger, reason=f"{challenger.reason}; of the champion {error}")
    loss, theirs = LOSSES[subject.family], judge(champion, subject)
    metrics = {**challenger.metrics, **{f"{CHAMPION}{name}": value for name, value in theirs.items()}}
    own = float(challenger.metrics[loss] or 0.0)
    against = f"{loss} {own:.6f} on the newest holdout against {theirs[loss]:.6f} of {incumbent.model_version}"
    if own < theirs[loss]:
        return replace(challenger, metrics=metrics, reason=f"replaces the champion: {against}")
    return replace(challenger, metrics=metrics, status="refused", reason=f"not better than the champion: {against}")


def badly_calibrated(decisions: Sequence[Entry]) -> list[str]:
    """Models in use that were far off in sum on the newest holdout: tenant, subject and both figures.

    Who left is a count, so it may differ from the expected number by three of its standard deviations; purchases of
    a customer come in runs, so theirs may differ by a quarter.
    """
    found = []
    for entry in decisions:
        prefix = CHAMPION if entry.status == "refused" else ""
        for name, share in (("left", 0.0), ("purchases", 0.25)):
            expected = entry.metrics.get(f"{prefix}expected_{name}")
            if not isinstance(expected, float):
                continue
            seen = float(entry.metrics[f"{prefix}{name}"] or 0.0)
            if abs(seen - expected) > max(3.0 * math.sqrt(expected), share * expected, 1.0):
                found.append(f"{entry.tenant_id} {entry.subject}: {seen:.0f} {name}, {expected:.1f} expected")
    return found


def _days(window: str | None) -> tuple[date, date] | None:
    if window is None:
        return None
    first, last = window.split("/")
    return date.fromisoformat(first), date.fromisoformat(last)
