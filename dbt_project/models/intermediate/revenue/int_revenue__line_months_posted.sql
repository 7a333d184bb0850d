{{ config(materialized="view") }}
{{ posted("int_revenue__line_months", "int_revenue__line_months_closed", "month_index", until="closed_month") }}
