{{
    parts_by_column(
        in_file("ar_aging_parts"), ["as_of", "invoice_id", "due_on"], [("outstanding", "", "p.part")], "p.is_header"
    )
}}
