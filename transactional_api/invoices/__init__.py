"""What customers owe: drafts, posted invoices, voids."""
