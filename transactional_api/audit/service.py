"""Verifying the log against its signed checkpoints, signing new ones, and paging through the log."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from transactional_api.audit.checkpoints import Checkpoint, CheckpointFiles, CheckpointsBroken
from transactional_api.audit.errors import ChainBroken
from transactional_api.database import Database
from transactional_api.kit.chain import ChainVerdict, Mark
from transactional_api.settings import Settings

WHOLE_UP_TO = 500_000
WHOLE_EVERY = timedelta(hours=24)


def checkpoint_files(settings: Settings) -> CheckpointFiles:
    return CheckpointFiles(settings.audit_folder or settings.home / "audit")


@dataclass(frozen=True)
class AuditVerdict:
    """What was found in the log, and in the checkpoints. `checkpoint` is the newest that was compared, `whole_at` when
    a look at the whole log was last signed."""

    chain: ChainVerdict
    checkpoints: int
    checkpoint: Checkpoint | None
    checkpoints_broken: str | None = None
    whole_at: datetime | None = None

    @property
    def holds(self) -> bool:
        return self.chain.holds and self.checkpoints_broken is None

    @property
    def reason(self) -> str | None:
        return self.chain.reason or self.checkpoints_broken


def verify(
    database: Database,
    files: CheckpointFiles,
    tenant_id: str,
    *,
    quick_at: datetime | None = None,
    exported: Mark | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> AuditVerdict:
    """Compare log and checkpoints. The whole log is recomputed; with `quick_at` (now) only what stands behind the last
    checkpoint, if the log is long and the whole of it was verified within a day.

    `exported` is a checkpoint that was kept elsewhere: the log must pass through it too. Checkpoints are read first, so
    that the log may be ahead of them, never behind.
    """
    try:
        checkpoints = files.read(tenant_id)
    except CheckpointsBroken as broken:
        return AuditVerdict(database.verify_chain(tenant_id, on_progress), broken.at - 1, None, broken.reason)
    marks = {one.change_no: one.entry_hash for one in checkpoints if one.change_no}
    last = checkpoints[-1] if checkpoints else None
    if exported is not None and exported.change_no:
        if marks.get(exported.change_no, exported.entry_hash) != exported.entry_hash:
            chain = database.verify_chain(tenant_id, on_progress)
            return AuditVerdict(
                chain, len(checkpoints), last, "the exported checkpoint is not the one that stands here"
            )
        marks[exported.change_no] = exported.entry_hash
    whole_at = next((_instant(one.signed_at) for one in reversed(checkpoints) if one.verified_from == 1), None)
    after = last.mark if last and quick_at and _suffices(last, whole_at, quick_at) else None
    chain = database.verify_chain(tenant_id, on_progress, after=after, marks=marks)
    return AuditVerdict(chain, len(checkpoints), last, whole_at=whole_at)


def sign(files: CheckpointFiles, verdict: AuditVerdict, now: datetime) -> Checkpoint:
    """A new checkpoint at what was verified. Raises ChainBroken for a log that does not hold."""
    if not verdict.holds:
        at = f"change {verdict.chain.broken_at}: " if verdict.chain.broken_at else ""
        raise ChainBroken(f"{at}{verdict.reason}")
    try:
        return files.sign(verdict.chain, now)
    except CheckpointsBroken as broken:
        raise ChainBroken(broken.reason) from broken


def verify_and_sign(
    database: Database, files: CheckpointFiles, tenant_id: str, now: datetime
) -> tuple[AuditVerdict, bool]:
    """What a build does: verify, quickly where that suffices, and sign if there is something new to say."""
    verdict = verify(database, files, tenant_id, quick_at=now)
    if not (verdict.holds and _says_more(verdict, now)):
        return verdict, False
    signed = sign(files, verdict, now)
    return replace(verdict, checkpoint=signed, checkpoints=verdict.checkpoints + 1), True


def _suffices(last: Checkpoint, whole_at: datetime | None, now: datetime) -> bool:
    """A quick look suffices while a look at everything is not long ago, and where a look at everything takes long."""
    return last.change_no > WHOLE_UP_TO and whole_at is not None and now - whole_at < WHOLE_EVERY


def _says_more(verdict: AuditVerdict, now: datetime) -> bool:
    """The log has grown, or the whole of it was looked at again after a day."""
    if verdict.checkpoint is None or verdict.checkpoint.change_no < verdict.chain.head.change_no:
        return True
    return verdict.chain.first == 1 and (verdict.whole_at is None or now - verdict.whole_at >= WHOLE_EVERY)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
