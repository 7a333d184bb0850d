"""Erasing persons from the intake: rows, quarantined rows, originals, and what the journal quotes."""

from ingestion.erasing.erase import Erased, erase, known_customer, request
from ingestion.erasing.requests import Request, finish, requests_of, unfinished

__all__ = ["Erased", "Request", "erase", "finish", "known_customer", "request", "requests_of", "unfinished"]
