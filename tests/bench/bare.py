"""The least that takes an idempotent payment: FastAPI, one SQLite file in WAL with synchronous FULL, nothing else.

No tenants, no permissions, no change log, no provider. It is the yardstick, served and asked exactly like the core.
"""

import os
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header
from fastapi.responses import Response
from pydantic import BaseModel

_local = threading.local()


class PaymentIn(BaseModel):
    customer_id: str
    amount: str
    currency: str
    method: str


class PaymentOut(PaymentIn):
    payment_id: int


def create() -> FastAPI:
    """For `uvicorn --factory`; the file is `BARE_DATABASE`."""
    path = Path(os.environ["BARE_DATABASE"])
    with _open(path) as db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY, customer, minor INT, currency, method)"
        )
        db.execute("CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, body TEXT)")
    app = FastAPI()

    @app.post("/payments/process", status_code=201)
    def pay(body: PaymentIn, idempotency_key: Annotated[str, Header()]) -> Response:
        db = getattr(_local, "db", None)
        if db is None:
            db = _local.db = _open(path)
        db.execute("BEGIN IMMEDIATE")
        known = db.execute("SELECT body FROM keys WHERE key = ?", (idempotency_key,)).fetchone()
        if known is None:
            values = (body.customer_id, int(Decimal(body.amount) * 100), body.currency, body.method)
            payment_id = db.execute(
                "INSERT INTO payments (customer, minor, currency, method) VALUES (?, ?, ?, ?)", values
            ).lastrowid
            known = (PaymentOut(payment_id=payment_id, **body.model_dump()).model_dump_json(),)
            db.execute("INSERT INTO keys VALUES (?, ?)", (idempotency_key, known[0]))
        db.execute("COMMIT")
        return Response(known[0], 201, media_type="application/json")

    return app


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db
