"""Laws about the audit trail."""

from transactional_api.kit.errors import DomainError, ValueRefused


class ChainBroken(DomainError):
    """A log that does not hold, or checkpoints that do not, are not signed."""

    title = "The audit trail does not hold"


class ExportIncomplete(ValueRefused):
    """Number and hash of an exported checkpoint belong together."""

    def __init__(self, missing: str) -> None:
        super().__init__("an exported checkpoint is given by its change_no and its entry_hash", missing)
