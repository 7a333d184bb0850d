"""What the core's own tables say after the storm, against what the clients were told."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.storm.clients import Ledger, Plan
from transactional_api.database import Database

TENANT = "storm"


def faults(core: Path, plans: list[Plan], ledger: Ledger) -> list[str]:
    """Nothing, if every logical payment had exactly one effect and every acknowledgement is kept."""
    found = list(ledger.faults)
    with closing(sqlite3.connect(f"file:{core}?mode=ro", uri=True)) as db:
        payments = db.execute("SELECT reference, payment_id, amount_minor, status FROM payments").fetchall()
        charged = Counter(row[0] for row in db.execute("SELECT payment_id FROM local_charges"))
        logged = Counter(
            row[0] for row in db.execute("SELECT entity_key FROM change_log WHERE entity = 'payments'").fetchall()
        )
        open_keys = db.execute("SELECT count(*) FROM idempotency_keys WHERE status IS NULL").fetchone()[0]
    by_reference = {reference: (payment_id, minor) for reference, payment_id, minor, _ in payments}
    wanted = {one.key: one for one in plans}
    if len(payments) != len(plans) or by_reference.keys() != wanted.keys():
        found.append(f"{len(payments)} payments of {len(by_reference)} orders stand for {len(plans)}")
    ids = {payment_id for payment_id, _ in by_reference.values()}
    for name, counted in (("the provider's book", charged), ("the change log", logged)):
        doubled = [key for key, times in counted.items() if times != 1]
        if doubled or counted.keys() != ids:
            found.append(f"{name} has {len(counted)} payments, {len(doubled)} of them more than once")
    for number, payment_id in ledger.acknowledged.items():
        if by_reference.get(plans[number].key) != (payment_id, plans[number].minor):
            found.append(f"payment {number}, acknowledged as {payment_id}, is not there as it was sent")
    if len(ledger.acknowledged) != len(plans):
        found.append(f"{len(plans) - len(ledger.acknowledged)} payments were never acknowledged")
    if any(status != "succeeded" for *_, status in payments) or open_keys:
        found.append(f"{open_keys} keys are open, or a payment is in another state")
    database = Database(f"sqlite:///{core}")
    verdict = database.verify_chain(TENANT)
    database.close()
    if not verdict.holds:
        found.append(f"the change log breaks at {verdict.broken_at}: {verdict.reason}")
    ledger.counts["entries of the change log verified"] = verdict.entries
    return found
