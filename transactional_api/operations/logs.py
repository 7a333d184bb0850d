"""Logs as one JSON object a line on stderr.

A line names what happened, never what it happened to: of an exception its type and where it was raised, not its words,
since drivers and validators repeat values in them.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

FIELDS = "revhouse"  # the attribute of a record under which structured fields come


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and whatever fields the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, FIELDS, {}))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _chain(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str = "INFO") -> None:
    """Everything that is logged in this process goes to stderr as JSON lines. Called by the commands alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpcore", "httpx", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _chain(error: BaseException) -> list[dict[str, Any]]:
    """The exception and those that led to it, each with the innermost frames."""
    told: list[dict[str, Any]] = []
    found: BaseException | None = error
    while found is not None and len(told) < 5:
        told.append({"type": type(found).__qualname__, "at": _frames(found.__traceback__)})
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return told


def _frames(trace: TracebackType | None, most: int = 8) -> list[str]:
    frames = traceback.extract_tb(trace)[-most:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
