{{
    parts_by_column(
        in_file("ap_aging_parts"), ["as_of", "bill_id", "due_on"], [("outstanding", "", "p.part")], "p.is_header"
    )
}}
