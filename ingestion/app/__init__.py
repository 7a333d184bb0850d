"""From the core's change log to the lake."""

from ingestion.app.extract import ExtractResult, extract

__all__ = ["ExtractResult", "extract"]
