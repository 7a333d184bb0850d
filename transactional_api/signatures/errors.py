"""Laws about signatures."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class EnvelopeNotFound(NotFound):
    title = "No such envelope"

    def __init__(self, deal_id: str) -> None:
        super().__init__("envelope of deal", deal_id, "deal_id")


class LinkUnknown(DomainError):
    status = 404
    title = "No such document"

    def __init__(self) -> None:
        super().__init__("this address is not known, or was replaced by a newer one")


class LinkOver(DomainError):
    """Expired, declined, voided, or the quote behind it is not open any more."""

    status = 410
    title = "This document can no longer be signed"

    def __init__(self, status: str) -> None:
        super().__init__(f"it is {status}")
        self.envelope_status = status


class AlreadySigned(DomainError):
    title = "This document is signed"

    def __init__(self) -> None:
        super().__init__("a document is signed once")


class DocumentChanged(DomainError):
    """What would be signed is not what was sent out."""

    title = "The document was changed"

    def __init__(self) -> None:
        super().__init__("the document is not the one that was sent out; nothing was signed")


class SignatureRefused(ValueRefused):
    """Without a name, or without consent."""


class SignatureKeyGone(DomainError):
    status = 503
    title = "Nothing can be signed now"

    def __init__(self) -> None:
        super().__init__("the key for signatures cannot be used")
