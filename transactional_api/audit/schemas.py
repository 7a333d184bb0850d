"""The audit trail on the wire."""

import json
from dataclasses import asdict
from typing import Any, Literal

from transactional_api.audit.checkpoints import Checkpoint
from transactional_api.audit.service import AuditVerdict
from transactional_api.kit.change_log import ChangeLogEntry
from transactional_api.kit.http import InstantText, Result


class LogEntryOut(Result):
    """`before` and `after` are whole rows without personal values; `personal_fields` names those that changed.

    `entity_key` joins the parts of a key by the character U+001F.
    """

    change_no: int
    entity: str
    entity_key: str
    operation: Literal["insert", "update", "delete"]
    actor: str
    changed_at: InstantText
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    personal_fields: list[str]
    previous_hash: str
    entry_hash: str

    @classmethod
    def of(cls, entry: ChangeLogEntry) -> "LogEntryOut":
        return cls(
            change_no=entry.change_no,
            entity=entry.entity,
            entity_key=entry.entity_key,
            operation=entry.operation,
            actor=entry.actor,
            changed_at=entry.changed_at,
            before=json.loads(entry.before_json or "null"),
            after=json.loads(entry.after_json or "null"),
            personal_fields=json.loads(entry.personal_fields or "[]"),
            previous_hash=entry.previous_hash,
            entry_hash=entry.entry_hash,
        )


class CheckpointOut(Result):
    """`signature` (base64) is Ed25519 over the canonical JSON (keys sorted, no spaces, UTF-8) of all other fields but
    `public_key`."""

    tenant_id: str
    sequence_no: int
    change_no: int
    entry_hash: str
    head_at: str | None
    verified_from: int
    previous_checkpoint: str
    signed_at: str
    key_id: str
    signature: str
    public_key: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, public_key: str) -> "CheckpointOut":
        return cls(**asdict(checkpoint), public_key=public_key)


class VerdictOut(Result):
    """`broken_at` is the first change number at which the log does not hold; `checkpoint` the newest one compared."""

    holds: bool
    entries: int
    broken_at: int | None
    reason: str | None
    head_change_no: int | None
    head_hash: str | None
    checkpoints: int
    checkpoints_hold: bool
    checkpoint: CheckpointOut | None

    @classmethod
    def of(cls, verdict: AuditVerdict, public_key: str) -> "VerdictOut":
        chain = verdict.chain
        return cls(
            holds=verdict.holds,
            entries=chain.entries,
            broken_at=chain.broken_at,
            reason=verdict.reason,
            head_change_no=chain.head.change_no if chain.holds else None,
            head_hash=chain.head.entry_hash if chain.holds else None,
            checkpoints=verdict.checkpoints,
            checkpoints_hold=verdict.checkpoints_broken is None,
            checkpoint=CheckpointOut.of(verdict.checkpoint, public_key) if verdict.checkpoint else None,
        )
