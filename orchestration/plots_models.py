"""What the run's metadata shows of classifiers: candidates, cards, what was said against what happened, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import MetadataValue

from models_ml.classifier.card import card
from models_ml.classifier.explain import Explanation
from models_ml.classifier.lifecycle import Candidate, Decision
from orchestration.plots import INK, as_metadata, new_axes, png_of

MOST_COLUMNS = 12
MOST_CARDS = 5


def candidates_metadata(made: Sequence[Candidate]) -> dict[str, Any]:
    """Every candidate of the build beside the others, by what it was chosen and what it then did on the holdout."""
    head = (
        "| tenant | candidate | folds: log-loss | holdout: log-loss | PR-AUC | ROC-AUC | Brier |\n" + "|---" * 7 + "|\n"
    )
    table = "\n".join(
        f"| {one.tenant_id} | {one.algorithm} | {one.fold_log_loss or 0:.4f} | {one.judged.log_loss:.4f} |"
        f" {one.judged.pr_auc or 0:.3f} | {one.judged.roc_auc or 0:.3f} | {one.judged.brier:.4f} |"
        for one in made
        if one.judged
    )
    return {
        "candidates": MetadataValue.md(head + table if table else "nothing was trained in this build"),
        "tenants": len({one.tenant_id for one in made}),
        "tenants_trained": len({one.tenant_id for one in made if one.judged}),
    }


def decisions_metadata(made: Sequence[Decision], predicts: str, limits: str) -> dict[str, Any]:
    """Cards and the calibration curve; `predicts` and `limits` are sentences of the kind of model."""
    cards = "\n\n".join(card(one, predicts, limits) for one in made[:MOST_CARDS])
    return {
        "decisions": len(made),
        "cards": MetadataValue.md(cards or "no training was due"),
        "calibration": calibration_curve(made),
    }


def calibration_curve(decisions: Sequence[Decision]) -> MetadataValue[Any]:
    """Of the tenant with the most judged rows: each tenth of its holdout, challenger and champion, beside how many rows
    had which probability."""
    judged = [one for one in decisions if one.challenger]
    if not judged:
        return MetadataValue.text("nothing was judged in this build")
    one = max(judged, key=lambda each: each.challenger.rows if each.challenger else 0)
    figure, (left, right) = new_axes(10, 3.6, 2)
    top = 0.0
    for name, figures, colour in (("challenger", one.challenger, "#0f766e"), ("champion", one.champion, "#6366f1")):
        if figures is None:
            continue
        said = [each.predicted for each in figures.calibration]
        happened = [each.observed for each in figures.calibration]
        top = max(top, *said, *happened)
        left.plot(said, happened, marker="o", markersize=4, color=colour, label=f"{name}: {figures.log_loss:.3f}")
        right.plot(range(1, len(said) + 1), said, marker="o", markersize=3, color=colour, label=f"{name}, said")
        right.bar(range(1, len(said) + 1), happened, width=0.6, alpha=0.25, color=colour, label=f"{name}, happened")
    left.plot([0, top], [0, top], color=INK, linewidth=0.8, linestyle=":")
    left.set_xlabel("probability said", fontsize=8)
    left.set_ylabel("share that happened", fontsize=8)
    left.set_title(f"{one.entry.tenant_id}: calibration on the holdout (log-loss)", fontsize=10, color=INK, loc="left")
    right.set_title("tenths of the holdout by probability", fontsize=10, color=INK, loc="left")
    for axis in (left, right):
        axis.legend(fontsize=7, frameon=False)
    return as_metadata(png_of(figure), "calibration")


def importance(explained: Mapping[str, Explanation]) -> MetadataValue[Any]:
    """Mean absolute contribution to the log-odds per column, for the tenant with the most rows explained."""
    if not explained:
        return MetadataValue.text("no tenant has a model")
    tenant, one = max(explained.items(), key=lambda each: len(each[1].contributions))
    pairs = sorted(zip(one.columns, one.importance.tolist(), strict=True), key=lambda pair: pair[1])[-MOST_COLUMNS:]
    figure, axis = new_axes(8, 3.6)
    axis.barh([name for name, _ in pairs], [size for _, size in pairs], color="#0f766e")
    axis.set_title(f"{tenant}: mean |contribution| to the log-odds", fontsize=10, color=INK, loc="left")
    return as_metadata(png_of(figure), "importance")
