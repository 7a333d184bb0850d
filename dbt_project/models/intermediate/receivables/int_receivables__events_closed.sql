{{
    closed_and_late(
        "int_receivables__events",
        "receivable_events",
        "effective_on",
        ["customer_id", "currency", "invoice_id", "kind", "document_id"],
        ["amount_minor"],
    )
}}
