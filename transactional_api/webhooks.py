"""Who takes the messages of providers under `/webhooks/{provider}`, beside the providers of signatures."""

from collections.abc import Mapping

from transactional_api.database import Database
from transactional_api.payments.reconciliation import take_webhook
from transactional_api.settings import Settings
from transactional_api.signatures.webhooks import Receiver, register


def register_all() -> None:
    for name in ("local",):
        register(name, _of_payments(name))


def _of_payments(name: str) -> Receiver:
    def receive(database: Database, settings: Settings, raw: bytes, headers: Mapping[str, str]) -> bool:
        return take_webhook(database, settings, name, raw, headers)

    return receive
