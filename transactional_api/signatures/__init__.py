"""Signatures of customers on quotes: envelopes made by a provider, evidence that is kept and can be checked."""
