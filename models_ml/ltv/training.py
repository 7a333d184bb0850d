"""What a month's training makes: every candidate with its figures on the holdout, one of them the challenger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from models_ml.artefacts import ArtefactRefused, Artefacts, json_bytes
from models_ml.ltv import contractual, non_contractual
from models_ml.ltv.contractual import Retention
from models_ml.ltv.features import HOLDOUT_MONTHS
from models_ml.ltv.non_contractual import Buying
from models_ml.ltv.tables import Contracts, Shoppers, Subject, read_subjects
from models_ml.registry import Registry
from models_ml.threads import one_thread

KIND = "lifetime"
RULE = "formula"
LOSSES = {"contractual": "log_loss", "non_contractual": "rmse"}

TABLE = """
create schema if not exists ml;
create table if not exists ml.lifetime_candidates (
    tenant_id varchar not null, subject varchar not null, algorithm varchar not null, trained_at date not null,
    "window" varchar, metrics varchar not null, hash varchar, is_challenger boolean not null, reason varchar not null
);
"""

FORGET = """
delete from ml.lifetime_candidates as c
where not exists (from run.tenants as t where t.tenant_id = c.tenant_id and c.trained_at <= t.as_of)
"""

REPLACE = f"""
delete from ml.lifetime_candidates as c using lifetime_made as m
where
    c.tenant_id = m.tenant_id and c.subject = m.subject
    and (
        c.trained_at = m.trained_at
        or (c.algorithm = '{RULE}' and date_trunc('month', c.trained_at) = date_trunc('month', m.trained_at))
    )
"""

Model = Retention | Buying


@dataclass(frozen=True)
class Candidate:
    """One model and its figures, or (without a hash, as `formula`) why there was nothing to learn from."""

    tenant_id: str
    subject: str
    algorithm: str
    trained_at: date
    window: tuple[date, date] | None
    metrics: Mapping[str, float]
    hash: str | None
    is_challenger: bool
    reason: str

    def row(self) -> tuple[object, ...]:
        window = "/".join(map(str, self.window)) if self.window else None
        metrics = json.dumps(dict(self.metrics), sort_keys=True)
        head = (self.tenant_id, self.subject, self.algorithm, self.trained_at, window, metrics)
        return (*head, self.hash, self.is_challenger, self.reason)


@dataclass(frozen=True)
class Trained:
    """What was trained on, and every model that came of it."""

    subject: Subject
    models: tuple[Model, ...]
    candidates: tuple[Candidate, ...]


@one_thread()
def write_candidates(connection: duckdb.DuckDBPyConnection, registry: Registry, artefacts: Artefacts) -> list[Trained]:
    """Trains whatever is due and adds to the candidates of earlier trainings, as far as the build knows them."""
    connection.execute(TABLE)
    connection.execute(FORGET)
    subjects = read_subjects(connection)
    trained = [train(one, artefacts) for one in subjects if registry.is_due(one.as_of, one.tenant_id, one.subject)]
    if rows := [candidate.row() for one in trained for candidate in one.candidates]:
        import pyarrow as pa

        names = [row[0] for row in connection.execute("describe ml.lifetime_candidates").fetchall()]
        connection.register(
            "lifetime_made", pa.table([pa.array(each) for each in zip(*rows, strict=True)], names=names)
        )
        connection.execute(REPLACE)
        connection.execute("insert into ml.lifetime_candidates by name from lifetime_made")
        connection.unregister("lifetime_made")
    return trained


def train(subject: Subject, artefacts: Artefacts) -> Trained:
    """The candidate with the smallest loss on the holdout is the challenger, the plainer one where they are equal."""
    if why := too_little(subject):
        return Trained(subject, (), (_candidate(subject, RULE, None, {}, None, True, why),))
    models = fit(subject)
    figures = [judge(model, subject) for model in models]
    loss = LOSSES[subject.family]
    best = min(range(len(models)), key=lambda at: (figures[at][loss], at))
    made = []
    for at, (model, its) in enumerate(zip(models, figures, strict=True)):
        digest = artefacts.save(content_of(model)) if at == best else None
        others = ", ".join(f"{figures[n][loss]:.6f} of {m.name}" for n, m in enumerate(models) if n != at)
        reason = f"{loss} {its[loss]:.6f} on the holdout" + (f" against {others}" if others else "")
        made.append(_candidate(subject, model.name, subject.window, its, digest, at == best, reason))
    return Trained(subject, tuple(models), tuple(made))


def too_little(subject: Subject) -> str | None:
    if isinstance(subject, Contracts):
        return contractual.too_little(subject.training, subject.holdout)
    return non_contractual.too_little(subject.then)


def fit(subject: Subject) -> Sequence[Model]:
    """Every model that could be fitted on what was known when the holdout began, the plain rule first."""
    if isinstance(subject, Contracts):
        return contractual.candidates(subject.training)
    return non_contractual.candidates(subject.then, subject.kept)


def judge(model: Model, subject: Subject) -> dict[str, float]:
    """Its figures on the subject's newest holdout."""
    if isinstance(subject, Contracts):
        assert isinstance(model, Retention)
        return contractual.judge(model, subject.holdout, subject.there_at_origin, HOLDOUT_MONTHS)
    assert isinstance(model, Buying)
    return non_contractual.judge(model, subject.then, Shoppers.weeks, subject.later, subject.later_value)


def content_of(model: Model) -> bytes:
    """The model's file: its name and its parameters, as JSON."""
    of = contractual.to_parameters(model) if isinstance(model, Retention) else non_contractual.to_parameters(model)
    return json_bytes({"algorithm": model.name, "parameters": of})


def model_of(content: bytes, subject: Subject) -> Model:
    """From a file whose SHA-256 was checked. Raises ArtefactRefused for what is no model of the subject's family."""
    document = json.loads(content)
    make = contractual.from_parameters if isinstance(subject, Contracts) else non_contractual.from_parameters
    try:
        return make(document["algorithm"], document["parameters"])
    except (KeyError, TypeError):
        raise ArtefactRefused(f"the model file holds no model that is known here for {subject.family}") from None


def _candidate(
    subject: Subject,
    algorithm: str,
    window: tuple[date, date] | None,
    metrics: Mapping[str, float],
    digest: str | None,
    is_challenger: bool,
    reason: str,
) -> Candidate:
    head = subject.tenant_id, subject.subject, algorithm, subject.as_of
    return Candidate(*head, window, metrics, digest, is_challenger, reason)
