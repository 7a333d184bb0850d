"""A card per trained model: what it learned from, how often it was right, and what it must not be used for."""

from __future__ import annotations

from models_ml.classifier.evaluate import Figures
from models_ml.classifier.lifecycle import Decision


def card(decision: Decision, predicts: str, limits: str) -> str:
    """Markdown; `predicts` and `limits` are sentences of the kind of model."""
    entry = decision.entry
    lines = [
        f"### {entry.tenant_id}: {entry.algorithm}, {entry.status}",
        f"*Version* {entry.model_version}. {predicts}",
        f"*Why*: {entry.reason}.",
    ]
    if entry.window:
        rows, ones = entry.metrics.get("training_rows"), entry.metrics.get("training_positives")
        lines.append(f"*Learned from* {entry.window[0]} to {entry.window[1]}: {rows} rows, {ones} with the outcome.")
    if decision.challenger:
        lines += _table(decision.challenger, decision.champion)
    lines.append(f"*Limits*: {limits}")
    return "\n\n".join(lines)


def _table(own: Figures, champion: Figures | None) -> list[str]:
    names = ("pr_auc", "roc_auc", "log_loss", "brier", "calibration_error")
    head = "| holdout | " + " | ".join(names) + " |\n|---|" + "---|" * len(names)
    rows = [f"| challenger, {own.rows} rows, {own.positives} with the outcome | {_cells(own, names)} |"]
    if champion:
        rows.append(f"| champion | {_cells(champion, names)} |")
    rows.append(f"| base rate | | | {own.base_log_loss:.4f} | | |")
    bins = "| rows | said | happened |\n|---|---|---|\n" + "\n".join(
        f"| {one.rows} | {one.predicted:.3f} | {one.observed:.3f} |" for one in own.calibration
    )
    return ["\n".join([head, *rows]), bins]


def _cells(figures: Figures, names: tuple[str, ...]) -> str:
    values = (getattr(figures, name) for name in names)
    return " | ".join("" if value is None else f"{value:.4f}" for value in values)
