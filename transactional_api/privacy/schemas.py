"""Erasures on the wire."""

from typing import Literal

from pydantic import Field

from transactional_api.kit.http import Body, InstantText, Result


class Erase(Body):
    reason: Literal["data_subject_request", "consent_withdrawn", "retention_ended", "other"] = Field(
        "data_subject_request", description="A code, since free text could name the person again."
    )


class ErasureOut(Result):
    """`cleaned_at` is when the database's own files were rewritten; null until then."""

    erasure_id: str
    customer_id: str
    subject_token: str | None
    requested_at: InstantText
    reason: str
    cleaned_at: InstantText | None = None
