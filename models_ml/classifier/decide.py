"""Who scores from now on: the month's challenger or the champion, by the newest holdout, which neither learned from."""

from __future__ import annotations

from dataclasses import dataclass

from models_ml.classifier.evaluate import Figures
from models_ml.registry import Status


@dataclass(frozen=True)
class Verdict:
    status: Status
    reason: str


def decide(challenger: Figures, champion: Figures | str | None) -> Verdict:
    """`champion` is its figures on the same holdout, why it cannot be asked, or None where there is none."""
    own = f"log-loss {challenger.log_loss:.4f} on the holdout"
    if isinstance(champion, Figures) and champion.beats_base_rate:
        if challenger.log_loss < champion.log_loss:
            return Verdict("accepted", f"{own} against {champion.log_loss:.4f} of the champion")
        return Verdict("refused", f"{own}, not below {champion.log_loss:.4f} of the champion")
    if not challenger.beats_base_rate:
        return Verdict("fallback", f"{own} does not beat the base rate's {challenger.base_log_loss:.4f}")
    if isinstance(champion, str):
        return Verdict("accepted", f"{own}; {champion}")
    if champion is not None:
        return Verdict("accepted", f"{own}; the champion's {champion.log_loss:.4f} no longer beats the base rate")
    return Verdict("accepted", f"{own} against {challenger.base_log_loss:.4f} of the base rate; there was no champion")
