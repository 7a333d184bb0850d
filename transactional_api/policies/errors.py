"""Laws about policies."""

from transactional_api.kit.errors import DomainError, NotFound, ValueRefused


class PolicyNotFound(NotFound):
    title = "No such policy"

    def __init__(self, policy_id: str) -> None:
        super().__init__("policy", policy_id, "policy_id")


class VersionNotFound(NotFound):
    title = "No such version"

    def __init__(self, version_no: int) -> None:
        super().__init__("version", str(version_no), "version")


class TemplateNotFound(NotFound):
    title = "No such template"

    def __init__(self, name: str) -> None:
        super().__init__("template", name, "template")


class PolicyFaulty(DomainError):
    """Only a version without faults becomes active."""

    title = "The policy has faults"

    def __init__(self, faults: int, first: str) -> None:
        super().__init__(f"{faults} faults, the first: {first}", "version")
        self.faults = faults


class AlreadyActive(DomainError):
    title = "The version is active"

    def __init__(self, policy_id: str, version_no: int) -> None:
        super().__init__(f"version {version_no} of {policy_id!r} is the active one")


class PolicyNotActive(DomainError):
    """Only the active policy is rolled back."""

    title = "The policy is not active"

    def __init__(self, policy_id: str) -> None:
        super().__init__(f"{policy_id!r} is not the active policy of its kind")


class NothingBefore(DomainError):
    """The first activation has nothing to go back to."""

    title = "There is nothing to roll back to"

    def __init__(self) -> None:
        super().__init__("no version was active before this one")


class PolicyUnusable(DomainError):
    """The engine refused the policy or the facts: nothing passes unjudged."""

    title = "The policy cannot be evaluated"

    def __init__(self) -> None:
        super().__init__("the rules engine refused the policy; validate it")


class WindowRefused(ValueRefused):
    """A window of dates that is empty, or holds more than can be simulated at once."""
