"""Why a file that was sent is not taken."""

from collections.abc import Sequence

from transactional_api.kit.errors import DomainError, NotFound


class DataSetUnknown(NotFound):
    title = "No such data set"

    def __init__(self, data_set: str, known: Sequence[str]) -> None:
        super().__init__("data set", data_set, "data_set")
        self.detail = f"{self.detail}; there are {', '.join(known)}"


class ReceiptNotFound(NotFound):
    title = "No such receipt"

    def __init__(self, file_id: str) -> None:
        super().__init__("receipt", file_id, "file_id")


class AnotherDataSet(DomainError):
    """The content decides what a file is, not where it was sent; nothing of it was taken."""

    status = 422
    title = "The file is of another data set"

    def __init__(self, said: str, found: Sequence[str]) -> None:
        detail = f"this address takes {said}, and the file's header says {' and '.join(found)}"
        super().__init__(f"{detail}; send it to upload-{found[0]}-csv", "body")


class FileRefused(DomainError):
    """The whole file was refused; its receipt says so too."""

    status = 422
    title = "The file was refused"

    def __init__(self, file_id: str, reason: str) -> None:
        super().__init__(f"{file_id}: {reason}", "body")
