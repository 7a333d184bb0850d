"""The stages of a deal: open ones carry the tenant's own names, and two words close it."""

import re
from datetime import datetime

from transactional_api.deals.errors import DealClosed, SameStage, StageOutOfOrder, StageRefused

WON = "won"
LOST = "lost"
CLOSED = (WON, LOST)
STAGE_PATTERN = r"^[a-z][a-z0-9_]{0,49}$"


def check_open_stage(stage: str) -> None:
    """Lower case words; won and lost are reached by closing."""
    if stage in CLOSED:
        raise StageRefused(f"a deal becomes {stage} by being closed", "stage")
    if not re.fullmatch(STAGE_PATTERN, stage):
        raise StageRefused("a stage is lower case letters, digits and underscores", "stage")


def check_move(deal_id: str, current: str, entered_at: datetime, to_stage: str, at: datetime) -> None:
    """`current` was entered at `entered_at`. The history only grows, forward in time."""
    if current in CLOSED:
        raise DealClosed(deal_id, current)
    if to_stage == current:
        raise SameStage(deal_id, current)
    if at < entered_at:
        raise StageOutOfOrder(at, entered_at)


def first_touch(current: datetime | None, touched_at: datetime) -> datetime:
    """The earliest touch is the first, in whatever order they become known."""
    return touched_at if current is None else min(current, touched_at)
