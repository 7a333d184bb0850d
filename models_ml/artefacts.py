"""Files of trained models: named after their content, checked before they are loaded, never unpickled.

What a model is good for stands in the registry (`registry`); this module only keeps bytes and gives them back.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class ArtefactMissing(RuntimeError):
    """No file of that hash is in the store."""


class ArtefactAltered(RuntimeError):
    """The file's content is not what its hash says."""


class ArtefactRefused(RuntimeError):
    """The file holds a type that this project does not load."""


Unusable = (ArtefactMissing, ArtefactAltered, ArtefactRefused)


class Artefacts:
    """A folder of immutable files `<sha256>`. Writing the same content twice is writing it once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, content: bytes) -> str:
        """The content's SHA-256, under which it is on disk when this returns."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.folder / digest
        if not path.exists() or path.read_bytes() != content:
            self.folder.mkdir(parents=True, exist_ok=True)
            written = self.folder / f".{digest}.{os.getpid()}"
            with written.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            written.replace(path)
        return digest

    def load(self, digest: str) -> bytes:
        """Raises ArtefactMissing or ArtefactAltered; what it returns has that SHA-256."""
        try:
            content = (self.folder / digest).read_bytes()
        except FileNotFoundError:
            raise ArtefactMissing(f"the model file {digest[:12]} is missing") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise ArtefactAltered(f"the model file {digest[:12]} was altered")
        return content

    def fault(self, digest: str) -> str | None:
        """Why a file cannot be used, without loading it as a model; None where it is as registered."""
        try:
            self.load(digest)
        except Unusable as error:
            return str(error)
        return None


def estimator_bytes(estimator: object) -> bytes:
    """A fitted scikit-learn estimator in skops' format; the same estimator is the same bytes in every process."""
    import skops.io

    return _without_addresses(bytes(skops.io.dumps(estimator)))


def _without_addresses(content: bytes) -> bytes:
    """skops numbers objects and files by their address in memory, and dates files; here they are counted, undated."""
    numbers: dict[str, str] = {}

    def counted(node: Any) -> Any:
        if isinstance(node, list):
            return [counted(each) for each in node]
        if not isinstance(node, dict):
            return node
        same = {name: counted(each) for name, each in node.items()}
        if "__id__" in same:
            same["__id__"] = int(numbers.setdefault(str(same["__id__"]), str(len(numbers))))
        if isinstance(same.get("file"), str):
            stem, _, kind = same["file"].partition(".")
            same["file"] = f"{numbers.setdefault(stem, str(len(numbers)))}.{kind}"
        return same

    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(written, "w") as after:
        schema = json.dumps(counted(json.loads(before.read("schema.json"))))
        files = {_renamed(name, numbers): before.read(name) for name in before.namelist() if name != "schema.json"}
        for name, body in [("schema.json", schema.encode()), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, body)
    return written.getvalue()


def _renamed(name: str, numbers: Mapping[str, str]) -> str:
    stem, _, kind = name.partition(".")
    return f"{numbers[stem]}.{kind}"


def estimator_of(content: bytes, trusted: Sequence[str]) -> Any:
    """The estimator again. `trusted` names the types beside skops' own that may be made; any other raises
    ArtefactRefused."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    # Every type is looked at before the first one is made; which ones they are is asked only where one is refused.
    try:
        return skops.io.loads(content, trusted=list(trusted))
    except UntrustedTypesFoundException:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(trusted))
        raise ArtefactRefused(f"the model file holds {', '.join(unknown)}") from None


def json_bytes(content: object) -> bytes:
    """The same bytes for the same content, whatever the order of its keys."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
