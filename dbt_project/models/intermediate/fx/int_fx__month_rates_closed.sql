{{ closed_rows("month_rates", "month_index", until="closed_month") }}
