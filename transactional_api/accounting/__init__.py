"""The ledger's door: journals of documents, the accounts that they go to, and connectors that carry them there."""
