{{ closed_rows("definition_invoices", "month_index", until="closed_month") }}
