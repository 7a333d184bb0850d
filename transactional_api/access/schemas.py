"""API keys on the wire. The hash never leaves."""

from transactional_api.kit.http import Body, InstantText, Result, Words


class KeyIn(Body):
    name: Words


class KeyOut(Result):
    key_id: str
    name: str
    created_at: InstantText
    created_by: str
    revoked_at: InstantText | None
    revoked_by: str | None


class NewKeyOut(KeyOut):
    """`key` is shown in this answer only."""

    key: str
