"""Idempotency keys: a request that is sent again takes effect once and gets its first answer again."""
