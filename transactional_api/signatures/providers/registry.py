"""Which providers there are, by name."""

from collections.abc import Callable

from transactional_api.kit.errors import ValueRefused
from transactional_api.settings import Settings
from transactional_api.signatures.providers.local import LocalProvider
from transactional_api.signatures.providers.port import ESignProvider

Maker = Callable[[Settings], ESignProvider]
MAKERS: dict[str, Maker] = {"local": LocalProvider}


class ProviderUnknown(ValueRefused):
    title = "No such provider"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no provider of signatures {name!r}", "provider")
        self.name = name


def provider_named(name: str, settings: Settings) -> ESignProvider:
    if name not in MAKERS:
        raise ProviderUnknown(name)
    return MAKERS[name](settings)
