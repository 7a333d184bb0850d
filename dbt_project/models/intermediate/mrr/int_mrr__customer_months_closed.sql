{{ closed_rows("customer_months", "month_index", until="closed_month") }}
