"""Signed statements of where a tenant's log stood, kept outside of the database in files that are only appended to.

A checkpoint names the last entry that was verified. It carries its number and the hash of the checkpoint before it, so
that one in the middle can be neither removed nor moved nor repeated. The files know nothing of the database; what
they say is compared with it in `service.py`. Boundary: whoever has the private key, or can remove the newest line,
is stopped only by a copy elsewhere (see docs/decisions/0006).
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from transactional_api.kit.chain import ChainVerdict, Mark
from transactional_api.kit.change_log import FIRST_HASH
from transactional_api.kit.clock import instant_text

PRIVATE_KEY = "signing-key.pem"
PUBLIC_KEY = "signing-key.pub.pem"


class CheckpointsBroken(Exception):
    """The file of checkpoints is not what was signed. `at` is the number of the first line that is wrong."""

    def __init__(self, at: int, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


@dataclass(frozen=True)
class Checkpoint:
    """`head_at` is when the entry `change_no` was written; `verified_from` is the first entry that was recomputed
    before signing: 1 for the whole log. `signature` is Ed25519 over the canonical JSON of everything else."""

    tenant_id: str
    sequence_no: int
    change_no: int
    entry_hash: str
    head_at: str | None
    verified_from: int
    previous_checkpoint: str
    signed_at: str
    key_id: str
    signature: str = ""

    def statement(self) -> bytes:
        """What is signed: every other field, keys sorted, no spaces, UTF-8."""
        return _canonical({name: value for name, value in asdict(self).items() if name != "signature"})

    @property
    def own_hash(self) -> str:
        return hashlib.sha256(_canonical(asdict(self))).hexdigest()

    @property
    def mark(self) -> Mark:
        return Mark(self.change_no, self.entry_hash)


class CheckpointFiles:
    """The folder of one installation: a key pair, made on first use, and one file of lines per tenant."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, tenant_id: str) -> list[Checkpoint]:
        """All checkpoints of a tenant, oldest first. Raises CheckpointsBroken unless every one is as it was signed."""
        try:
            content = self._path(tenant_id).read_bytes()
        except FileNotFoundError:
            return []
        *lines, _unfinished = content.split(b"\n")
        public = self._public_key() if lines else None
        found: list[Checkpoint] = []
        for number, line in enumerate(lines, start=1):
            found.append(_checked(line, number, tenant_id, found[-1] if found else None, public))
        return found

    def public_key(self) -> str:
        """PEM; made together with the private key on first use."""
        if not (self.folder / PUBLIC_KEY).exists():
            self._private_key()
        return (self.folder / PUBLIC_KEY).read_text(encoding="ascii")

    def sign(self, verdict: ChainVerdict, now: datetime) -> Checkpoint:
        """Append a checkpoint at the verified head. One that another process signed meanwhile further on is kept."""
        assert verdict.holds, "only a log that holds is signed"
        private = self._private_key()
        with self._appending(verdict.tenant_id) as file:
            known = self.read(verdict.tenant_id)
            last = known[-1] if known else None
            _cut_unfinished(file, self._path(verdict.tenant_id))
            if last is not None and last.change_no > verdict.head.change_no:
                return last
            unsigned = Checkpoint(
                tenant_id=verdict.tenant_id,
                sequence_no=len(known) + 1,
                change_no=verdict.head.change_no,
                entry_hash=verdict.head.entry_hash,
                head_at=verdict.head_at if verdict.head_at or last is None else last.head_at,
                verified_from=verdict.first,
                previous_checkpoint=last.own_hash if last else FIRST_HASH,
                signed_at=instant_text(now),
                key_id=_key_id(private.public_key()),
            )
            signature = base64.b64encode(private.sign(unsigned.statement())).decode()
            signed = Checkpoint(**{**asdict(unsigned), "signature": signature})
            file.write(_canonical(asdict(signed)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            return signed

    def _path(self, tenant_id: str) -> Path:
        name = quote(tenant_id, safe="")
        if len(name) > 150:
            name = hashlib.sha256(tenant_id.encode()).hexdigest()
        return self.folder / f"checkpoints-{name}.jsonl"

    @contextmanager
    def _appending(self, tenant_id: str) -> Iterator[Any]:
        path = self._path(tenant_id)
        is_new = not path.exists()
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_new:
                _sync_folder(self.folder)
            yield file

    def _public_key(self) -> Ed25519PublicKey:
        try:
            key = serialization.load_pem_public_key((self.folder / PUBLIC_KEY).read_bytes())
        except (FileNotFoundError, ValueError) as error:
            raise CheckpointsBroken(1, f"the public key {PUBLIC_KEY} is gone or is none") from error
        if not isinstance(key, Ed25519PublicKey):
            raise CheckpointsBroken(1, f"the public key {PUBLIC_KEY} is not of Ed25519")
        return key

    def _private_key(self) -> Ed25519PrivateKey:
        path = self.folder / PRIVATE_KEY
        if not (path.exists() and (self.folder / PUBLIC_KEY).exists()):
            if not path.exists() and (self.folder / PUBLIC_KEY).exists():
                raise CheckpointsBroken(0, f"the private key {PRIVATE_KEY} is gone: nothing can be signed any more")
            self._make_keys()
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def _make_keys(self) -> None:
        """The private key is linked into place last: of two processes that start at once, both use the one that stays,
        and each writes the public key of that one."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = serialization.Encoding.PEM
        made = Ed25519PrivateKey.generate().private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with self._draft(made, 0o600) as draft, suppress(FileExistsError):
            os.link(draft, self.folder / PRIVATE_KEY)
        made_or_found = serialization.load_pem_private_key((self.folder / PRIVATE_KEY).read_bytes(), None)
        public = made_or_found.public_key()
        with self._draft(public.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo), 0o644) as draft:
            draft.replace(self.folder / PUBLIC_KEY)
        _sync_folder(self.folder)

    @contextmanager
    def _draft(self, content: bytes, mode: int) -> Iterator[Path]:
        draft = self.folder / f".{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
        draft.unlink(missing_ok=True)


def _cut_unfinished(file: Any, path: Path) -> None:
    """A line without its end is left from a crash while it was written; nobody was told of it."""
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        file.truncate(content.rfind(b"\n") + 1)


def _checked(
    line: bytes, number: int, tenant_id: str, before: Checkpoint | None, public: Ed25519PublicKey | None
) -> Checkpoint:
    assert public is not None
    try:
        checkpoint = Checkpoint(**json.loads(line))
        signature = base64.b64decode(checkpoint.signature, validate=True)
        public.verify(signature, checkpoint.statement())
    except InvalidSignature as error:
        raise CheckpointsBroken(number, f"checkpoint {number} was not signed with this installation's key") from error
    except (ValueError, TypeError) as error:
        raise CheckpointsBroken(number, f"line {number} is no checkpoint") from error
    if checkpoint.tenant_id != tenant_id or checkpoint.key_id != _key_id(public):
        raise CheckpointsBroken(number, f"checkpoint {number} is of another tenant or key")
    if checkpoint.sequence_no != number:
        raise CheckpointsBroken(number, f"checkpoint {number} is missing: number {checkpoint.sequence_no} is there")
    if checkpoint.previous_checkpoint != (before.own_hash if before else FIRST_HASH):
        raise CheckpointsBroken(number, f"checkpoint {number} does not follow from the one before it")
    if before is not None and checkpoint.change_no < before.change_no:
        raise CheckpointsBroken(number, f"checkpoint {number} stands before the one before it")
    return checkpoint


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _key_id(public: Ed25519PublicKey) -> str:
    """The first 16 hex digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
