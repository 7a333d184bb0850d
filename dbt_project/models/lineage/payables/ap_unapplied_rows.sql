{{ parts_by_column(in_file("ap_unapplied_parts"), ["as_of", "vendor_id", "currency"], [("unapplied", "", "p.part")]) }}
