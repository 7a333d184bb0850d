{{ parts_by_column(in_file("ap_aging_parts"), ["as_of", "currency"], aging_summary_cases(), "p.is_header") }}
union all
{{
    parts_by_column(
        in_file("ap_unapplied_parts"), ["as_of", "currency"], [("total", "", "p.part"), ("unapplied", "", "p.part")]
    )
}}
