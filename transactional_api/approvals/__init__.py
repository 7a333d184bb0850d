"""Approvals of whatever needs them: who is asked, in which order, until when, and what they said."""
