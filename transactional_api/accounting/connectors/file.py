"""The embedded connector: journals as CSV files in `<home>/accounting/<tenant>/<month>/`, one of each document, or one
of many that are carried together.

A file is written aside, brought to disk and then linked to its name, which holds our reference or is made of all. So a
document is there whole or not at all, and is never there twice, wherever the process is killed.
"""

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from transactional_api.accounting.connectors.port import Document, RetryLater
from transactional_api.kit.money import to_text

COLUMNS = (
    "posted_on",
    "kind",
    "document_id",
    "number",
    "party_id",
    "account",
    "account_name",
    "detail",
    "debit",
    "credit",
    "currency",
    "reference",
    "reverses",
)


class FileConnector:
    name: ClassVar[str] = "file"
    is_at_hand: ClassVar[bool] = True

    def __init__(self, home: Path) -> None:
        self.folder = home / "accounting"

    def post(self, tenant_id: str, document: Document) -> str:
        return self._write(self._path(tenant_id, document), _rows(document))

    def post_all(self, tenant_id: str, documents: Sequence[Document]) -> list[str]:
        """One file of the month of the first, named by what it holds."""
        digest = hashlib.sha256("".join(one.reference for one in documents).encode()).hexdigest()[:32]
        first = documents[0].posted_on
        path = self._month(tenant_id, documents[0]) / f"{first}-{len(documents)}-journals-{digest}.csv"
        external_id = self._write(path, [row for one in documents for row in _rows(one)])
        return [f"{external_id}#{one.reference}" for one in documents]

    def find(self, tenant_id: str, document: Document) -> str | None:
        path = self._path(tenant_id, document)
        if path.exists():
            return _id(path)
        for many in self._all_months(tenant_id).glob("*/*-journals-*.csv"):
            if document.reference in many.read_text(encoding="utf-8"):
                return f"{_id(many)}#{document.reference}"
        return None

    def reverse(self, tenant_id: str, external_id: str, document: Document) -> str:
        return self._write(self._path(tenant_id, document), _rows(document, reverses=external_id))

    def _write(self, path: Path, rows: Sequence[tuple[str, ...]]) -> str:
        aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            _make_folders(path.parent)
            try:
                with aside.open("x", encoding="utf-8", newline="") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(COLUMNS)
                    writer.writerows(rows)
                    file.flush()
                    os.fsync(file.fileno())
                _link(aside, path)
            finally:
                aside.unlink(missing_ok=True)
            _sync(path.parent)
        except OSError as error:
            raise RetryLater(60, f"the journal's folder cannot be written: {error.strerror}") from error
        return _id(path)

    def _path(self, tenant_id: str, document: Document) -> Path:
        name = f"{document.posted_on}-{document.kind}-{document.reference}.csv"
        return self._month(tenant_id, document) / name

    def _month(self, tenant_id: str, document: Document) -> Path:
        return self._all_months(tenant_id) / document.posted_on.isoformat()[:7]

    def _all_months(self, tenant_id: str) -> Path:
        return self.folder / _folder_name(tenant_id)


def _id(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _rows(document: Document, reverses: str = "") -> list[tuple[str, ...]]:
    return [
        (
            document.posted_on.isoformat(),
            document.kind,
            document.document_id,
            document.number or "",
            document.party_id or "",
            line.account,
            line.account_name,
            line.detail or "",
            to_text(line.debit_minor, document.currency) if line.debit_minor else "",
            to_text(line.credit_minor, document.currency) if line.credit_minor else "",
            document.currency,
            document.reference,
            reverses,
        )
        for line in document.lines
    ]


def _folder_name(tenant_id: str) -> str:
    """Nothing that leads out of the folder, and no two tenants with one name, however the tenant is called."""
    name = quote(tenant_id, safe="").replace(".", "%2E")
    return name if len(name) <= 150 else hashlib.sha256(tenant_id.encode()).hexdigest()


def _link(aside: Path, path: Path) -> None:
    """Whoever was first wins; the content of both is the same."""
    try:
        os.link(aside, path)
    except FileExistsError:
        return


def _make_folders(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        _sync(one.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
