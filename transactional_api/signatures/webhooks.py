"""What providers tell by themselves: one address for all of them, `/webhooks/{name}`.

Providers of signatures are found in their registry. Any other domain adds a receiver of its own under another name.
"""

import logging
from collections.abc import Callable, Mapping

from transactional_api.database import Database
from transactional_api.kit.errors import NotFound
from transactional_api.settings import Settings
from transactional_api.signatures import repository
from transactional_api.signatures.providers.registry import MAKERS, provider_named
from transactional_api.signatures.service import hear

log = logging.getLogger(__name__)

# Takes the bytes as they came and the headers by lower-case name. True when it changed something. Refuses by raising.
Receiver = Callable[[Database, Settings, bytes, Mapping[str, str]], bool]
RECEIVERS: dict[str, Receiver] = {}


class ReceiverUnknown(NotFound):
    title = "Nobody listens there"

    def __init__(self, name: str) -> None:
        super().__init__("receiver", name, "provider")


def register(name: str, receiver: Receiver) -> None:
    """From now on the name's messages go there."""
    RECEIVERS[name] = receiver


def receive(database: Database, settings: Settings, name: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    """False for what was told before or changes nothing; raises what the receiver raises."""
    receiver = RECEIVERS.get(name)
    if receiver is not None:
        return receiver(database, settings, raw, headers)
    if name not in MAKERS:
        raise ReceiverUnknown(name)
    return _of_signatures(database, settings, name, raw, headers)


def _of_signatures(database: Database, settings: Settings, name: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    heard = provider_named(name, settings).read_webhook(raw, headers, database.clock.now())
    with database.all_tenants(writes=False) as session:
        tenant_id = repository.tenant_of(session, heard.reference, name)
    if tenant_id is None:
        return False
    with database.transaction(tenant_id, f"provider:{name}") as unit:
        return hear(unit, heard, name)
