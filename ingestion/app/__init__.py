"""From the core's change log to the lake."""

from ingestion.app.extract import ExtractResult, extract, unread_changes

__all__ = ["ExtractResult", "extract", "unread_changes"]
