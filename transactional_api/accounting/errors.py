"""Laws about journals and their way into an accounting system."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class JournalDoesNotBalance(DomainError):
    """Debit and credit differ, or a side is negative. A defect of the core; nothing is posted."""

    status = 500
    title = "A journal does not balance"

    def __init__(self, kind: str, document_id: str) -> None:
        super().__init__(f"the journal of {kind} {document_id!r} does not balance")


class PostingNotFound(NotFound):
    title = "No such posting"

    def __init__(self, posting_id: str) -> None:
        super().__init__("posting", posting_id, "posting_id")


class PostingNotFailed(DomainError):
    title = "Only a failed posting is tried again"

    def __init__(self, posting_id: str, status: str) -> None:
        super().__init__(f"posting {posting_id!r} is {status}")
        self.state = status


class SystemUnknown(ValueRefused):
    """No connector of that name."""

    def __init__(self, system: str) -> None:
        super().__init__(f"there is no accounting system {system!r}", "system")
