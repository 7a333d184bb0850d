"""What customers paid, and which invoices it closes."""
