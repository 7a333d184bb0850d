"""Text out of files and names as a receipt, a terminal and a log may hold it: no control characters, no end of it."""

from __future__ import annotations

import os
import re

CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LONGEST = 500


def shown(text: str | os.PathLike[str], longest: int = LONGEST) -> str:
    """The beginning of a text or name, what cannot be shown written out."""
    content = readable(text)
    short = CONTROL_CHARACTER.sub(lambda found: f"\\x{ord(found[0]):02x}", content[:longest])
    return short if len(content) <= longest else short + "…"


def readable(name: str | os.PathLike[str]) -> str:
    """A file name as text: bytes of it that are not UTF-8 are written out."""
    return os.fspath(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
