{{
    closed_and_late(
        "int_payables__events",
        "payable_events",
        "effective_on",
        ["vendor_id", "currency", "bill_id", "kind", "document_id"],
        ["amount_minor"],
    )
}}
