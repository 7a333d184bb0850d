"""The change log for auditors: reading it, verifying it, and signing how far it was verified."""
