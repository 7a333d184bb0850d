"""Rows written as a table in a test: cells between bars, blank = null."""

from collections.abc import Iterable
from typing import Any


def table(text: str) -> list[dict[str, Any]]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    header = [cell.strip() for cell in lines[0].split("|")]
    return [
        {name: cell.strip() or None for name, cell in zip(header, line.split("|"), strict=True)} for line in lines[1:]
    ]


def shown(rows: Iterable[dict[str, Any]], columns: str) -> list[str]:
    """Rows as text, decimals without trailing zeros, for comparison with a table in a test."""
    return [" | ".join(_cell(row[name]) for name in columns.split()) for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    if "." in text and text.replace(".", "").replace("-", "").isdigit():
        text = text.rstrip("0").rstrip(".")
    return text
