{{
    closed_and_late(
        "int_tax__postings",
        "tax_postings",
        "posted_on",
        ["jurisdiction", "kind", "rate", "currency", "entry", "source_table", "source_id"],
        ["taxable_minor", "exempt_minor", "zero_rated_minor", "reverse_charge_minor", "amount_minor"],
    )
}}
