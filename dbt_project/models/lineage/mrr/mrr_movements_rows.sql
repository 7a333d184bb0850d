{%- set cases = [
    ("opening_mrr", "", money4("p.opening")),
    ("closing_mrr", "", money4("p.closing")),
    ("opening_mrr_reporting", "", money4("p.opening_reporting")),
    ("fx_mrr_reporting", "", money4("p.fx_reporting")),
    ("closing_mrr_reporting", "", money4("p.closing_reporting")),
] -%}
{%- for movement, column in {
    "new": "new_mrr",
    "reactivation": "reactivation_mrr",
    "expansion": "expansion_mrr",
    "contraction": "contraction_mrr",
    "churn": "churned_mrr",
}.items() -%}
    {%- set is_it = "case when p.movement = '" ~ movement ~ "' then " -%}
    {%- do cases.append((column, "", is_it ~ money4("p.moved") ~ " end")) -%}
    {%- do cases.append((column ~ "_reporting", "", is_it ~ money4("p.moved_reporting") ~ " end")) -%}
{%- endfor -%}
{{ parts_by_column(in_file("mrr_parts"), ["customer_id", "month", "currency"], cases) }}
