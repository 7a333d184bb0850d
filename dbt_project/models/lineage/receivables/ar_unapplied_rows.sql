{{
    parts_by_column(
        in_file("ar_unapplied_parts"), ["as_of", "customer_id", "currency"], [("unapplied", "", "p.part")]
    )
}}
