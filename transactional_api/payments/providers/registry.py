"""Which providers there are, by name."""

from collections.abc import Callable

from transactional_api.kit.errors import ValueRefused
from transactional_api.payments.providers.local import LocalProvider
from transactional_api.payments.providers.port import PaymentProvider
from transactional_api.settings import Settings

Maker = Callable[[Settings], PaymentProvider]
_makers: dict[str, Maker] = {"local": LocalProvider}


class ProviderUnknown(ValueRefused):
    title = "No such provider"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no payment provider {name!r}", "provider")
        self.name = name


def register(name: str, maker: Maker) -> None:
    """From now on payments may name it. A maker that opens connections keeps what it made."""
    _makers[name] = maker


def provider_named(name: str, settings: Settings) -> PaymentProvider:
    if name not in _makers:
        raise ProviderUnknown(name)
    return _makers[name](settings)
