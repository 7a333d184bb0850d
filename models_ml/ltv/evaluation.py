"""Who is used from now on: the month's challenger or the champion, by the newest holdout, which neither learned from."""

import json
from datetime import date

import duckdb

from models_ml.artefacts import Artefacts, Unusable
from models_ml.ltv.tables import Subject, read_subjects
from models_ml.ltv.training import KIND, LOSSES, judge, model_of
from models_ml.registry import Entry, Registry, write_registry


def write_decisions(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Entry]:
    """Decides on every challenger of `ml.lifetime_candidates`, writes `ml.lifetime_registry`, returns the new rows."""
    rows = connection.execute(
        """select tenant_id, subject, algorithm, trained_at, "window", metrics, hash, reason
        from ml.lifetime_candidates where is_challenger order by tenant_id, subject"""
    ).fetchall()
    subjects = {(one.tenant_id, one.subject): one for one in read_subjects(connection)} if rows else {}
    decisions = []
    for tenant_id, subject, algorithm, trained_at, window, metrics, digest, reason in rows:
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
    loss = LOSSES[subject.family]
    own = challenger.metrics[loss]
    try:
        champion = model_of(artefacts.load(incumbent.hash), subject)
    except Unusable as error:
        return _with(challenger, "accepted", f"{challenger.reason}; of the champion {error}", None)
    theirs = judge(champion, subject)[loss]
    assert isinstance(own, float)
    against = f"{loss} {own:.6f} on the newest holdout against {theirs:.6f} of {incumbent.model_version}"
    if own < theirs:
        return _with(challenger, "accepted", f"replaces the champion: {against}", theirs)
    return _with(challenger, "refused", f"not better than the champion: {against}", theirs)


def _with(challenger: Entry, status: str, reason: str, theirs: float | None) -> Entry:
    from dataclasses import replace

    metrics = {**challenger.metrics, **({} if theirs is None else {"champion_loss": theirs})}
    return replace(challenger, status=status, reason=reason, metrics=metrics)  # type: ignore[arg-type]


def _days(window: str | None) -> tuple[date, date] | None:
    if window is None:
        return None
    first, last = window.split("/")
    return date.fromisoformat(first), date.fromisoformat(last)
