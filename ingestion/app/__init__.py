"""From the core's change log to the lake."""

from ingestion.app.extract import ExtractResult, extract, unread_changes, unread_since
from ingestion.app.personal import fold_personal

__all__ = ["ExtractResult", "extract", "fold_personal", "unread_changes", "unread_since"]
