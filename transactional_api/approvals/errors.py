"""Laws about approvals."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class ApprovesOwnRequest(DomainError):
    """Neither oneself, nor through a delegation, nor with another key of the same account."""

    status = 403
    title = "Nobody decides on their own request"

    def __init__(self) -> None:
        super().__init__("whoever asked for the approval does not decide on it")


class NotAsked(DomainError):
    status = 403
    title = "The caller is not asked"

    def __init__(self, step_no: int | None = None) -> None:
        which = "no open step" if step_no is None else f"step {step_no} does not ask"
        super().__init__(f"{which} of the request asks the caller" if step_no is None else f"{which} the caller")


class RequestClosed(DomainError):
    title = "The request is decided"

    def __init__(self, status: str) -> None:
        super().__init__(f"the request is {status}")
        self.request_status = status


class StepNotOpen(DomainError):
    title = "The step is not open"

    def __init__(self, step_no: int, status: str) -> None:
        super().__init__(f"step {step_no} is {status}", "step_no")


class StepNotFound(NotFound):
    title = "No such step"

    def __init__(self, step_no: int) -> None:
        super().__init__("step", str(step_no), "step_no")


class RequestNotFound(NotFound):
    title = "No such request"

    def __init__(self, request_id: str, field: str = "request_id") -> None:
        super().__init__("approval request", request_id, field)


class NothingToDecide(DomainError):
    title = "Nothing waits for a decision"

    def __init__(self, subject_kind: str, subject_id: str) -> None:
        super().__init__(f"no approval is asked for {subject_kind} {subject_id!r}")


class DelegationRefused(ValueRefused):
    """To oneself, for no day, or to somebody who may not approve."""


class DelegationOfOthers(DomainError):
    status = 403
    title = "Only one's own approvals are delegated"

    def __init__(self) -> None:
        super().__init__("delegating for another account needs accounts:write", "from_account_id")


class DelegationNotFound(NotFound):
    title = "No such delegation"

    def __init__(self, delegation_id: str) -> None:
        super().__init__("delegation", delegation_id, "delegation_id")
