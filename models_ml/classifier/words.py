"""Reasons in words that whoever looks after the customer or the deal can read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from models_ml.classifier.explain import Explanation, strongest

MOST_REASONS = 4


def say(feature: str, value: object, words: Mapping[str, tuple[str, str]]) -> str:
    """ "usage in 90 days against the 90 before: −42 %"."""
    name, kind = words.get(feature, (feature, "text"))
    if not isinstance(value, int | float):
        return f"{name}: {value}"
    if math.isnan(value):
        return f"{name}: unknown"
    if kind == "yes":
        return f"{name}: {'yes' if value else 'no'}"
    if kind == "change":
        return f"{name}: {100 * value:+.0f} %"
    if kind == "share":
        return f"{name}: {100 * value:.0f} %"
    return f"{name}: {value:,.2f}" if kind == "amount" else f"{name}: {value:,.4g}"


def reasons(
    explanation: Explanation,
    values: Sequence[Sequence[object]],
    effects: tuple[str, str],
    words: Mapping[str, tuple[str, str]],
) -> tuple[list[str], list[list[str]]]:
    """Per row: its strongest reasons as JSON, and the features among them that raise the log-odds.

    `values` has the rows' own values in the order of the explanation's columns; `effects` are the words for a reason
    that raises and one that lowers.
    """
    written, raising = [], []
    for row, top, own in zip(
        explanation.contributions.tolist(), strongest(explanation.contributions, MOST_REASONS), values, strict=True
    ):
        told = [
            {
                "feature": explanation.columns[at],
                "says": say(explanation.columns[at], own[at], words),
                "effect": effects[0] if row[at] > 0 else effects[1],
                "log_odds": round(row[at], 4),
            }
            for at in top
        ]
        written.append(json.dumps(told, ensure_ascii=False))
        raising.append([explanation.columns[at] for at in top if row[at] > 0])
    return written, raising
