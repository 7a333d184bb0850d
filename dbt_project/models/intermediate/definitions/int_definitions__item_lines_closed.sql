{{ closed_rows("definition_lines", "month_index", until="closed_month") }}
