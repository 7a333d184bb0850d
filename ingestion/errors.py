"""The errors of this package that a person reads.

Each message is one line that says what to do or look at.
"""

from __future__ import annotations


class IngestionError(Exception):
    """The work could not be done; nothing half-done became visible."""


class ContractBroken(IngestionError):
    """A contract file of this package contradicts itself."""


class NotDroppable(IngestionError):
    """A path or tenant that the user named cannot be dropped."""


class UnknownFile(IngestionError):
    """No file with this id is current."""


class NotMendable(IngestionError):
    """Quarantined rows cannot be written out."""


class JournalUnusable(IngestionError):
    """The journal cannot be opened, read or written."""


class CoreUnreadable(IngestionError):
    """The core database cannot be reached, or it is not a core."""


class ChangeLogBroken(IngestionError):
    """The core's change log has a hole, went backwards, or names something that no contract knows."""
