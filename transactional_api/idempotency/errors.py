"""Laws about idempotency keys."""

from transactional_api.kit.errors import DomainError, ValueRefused


class KeyMissing(ValueRefused):
    title = "An idempotency key is needed"

    def __init__(self) -> None:
        super().__init__("this operation is only done under a key of yours", "Idempotency-Key")


class KeyReused(ValueRefused):
    """The key stands for another request: another method, path or body."""

    title = "The key was used for another request"

    def __init__(self) -> None:
        super().__init__("the key was used before for a request with another content", "Idempotency-Key")


class KeyInFlight(DomainError):
    """The first request under this key is not finished; ask again later."""

    title = "The request is being worked on"

    def __init__(self) -> None:
        super().__init__("the first request under this key is not finished yet", "Idempotency-Key")
