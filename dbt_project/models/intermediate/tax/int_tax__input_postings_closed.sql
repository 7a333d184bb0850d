{{
    closed_and_late(
        "int_tax__input_postings",
        "input_tax_postings",
        "posted_on",
        ["currency", "source_table", "source_id", "entity_id"],
        ["amount_minor", "tax_minor"],
    )
}}
