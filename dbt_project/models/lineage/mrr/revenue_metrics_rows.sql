{%- set opening = money4("p.opening_reporting") -%}
{%- set closing = money4("p.closing_reporting") -%}
{%- set moved = money4("p.moved_reporting") -%}
{%- set new_one = "case when p.kind = 'new' and p.counts_at_closing then 1 end" -%}
{%- set back = "case when p.kind = 'reactivation' and p.counts_at_closing then 1 end" -%}
{%- set gone = "case when p.kind = 'churn' and p.counts_at_opening then 1 end" -%}
{%- set customer = "case when p.counts_at_closing then 1 end" -%}
{%- set opening_customer = "case when p.counts_at_opening then 1 end" -%}
{%- set of_the_month = [
    ("opening_mrr", "", opening),
    ("new_mrr", "", part_if("movement", ["new"], moved)),
    ("reactivation_mrr", "", part_if("movement", ["reactivation"], moved)),
    ("expansion_mrr", "", part_if("movement", ["expansion"], moved)),
    ("contraction_mrr", "", part_if("movement", ["contraction"], moved)),
    ("churned_mrr", "", part_if("movement", ["churn"], moved)),
    ("fx_mrr", "", money4("p.fx_reporting")),
    ("mrr", "", closing),
    ("arr", "", "12 * " ~ closing),
    ("customers", "", customer),
    ("opening_customers", "", opening_customer),
    ("new_customers", "", new_one),
    ("reactivated_customers", "", back),
    ("churned_customers", "", gone),
    (
        "nrr_monthly",
        "numerator",
        opening
        ~ " + case p.movement when 'expansion' then 1 when 'contraction' then -1 when 'churn' then -1 else 0 end * "
        ~ moved,
    ),
    ("nrr_monthly", "denominator", opening),
    ("logo_churn_rate", "numerator", gone),
    ("logo_churn_rate", "denominator", opening_customer),
    ("gross_mrr_churn_rate", "numerator", part_if("movement", ["churn", "contraction"], moved)),
    ("gross_mrr_churn_rate", "denominator", opening),
    ("quick_ratio", "numerator", part_if("movement", ["new", "expansion", "reactivation"], moved)),
    ("quick_ratio", "denominator", part_if("movement", ["contraction", "churn"], moved)),
    ("arpa", "numerator", closing),
    ("arpa", "denominator", customer),
    ("formula_ltv", "mrr", closing),
    ("formula_ltv", "customers", customer),
    ("formula_ltv", "opening_customers", opening_customer),
    ("formula_ltv", "churned_customers", gone),
    ("mom_growth", "numerator", closing),
    ("yoy_growth", "numerator", closing),
] -%}
with
    -- A month's growth is told from what another month closed with.
    month_before as (
        select p.* exclude (month), (p.month + interval 1 month)::date as month from {{ in_file("mrr_parts") }} as p
    ),

    year_before as (
        select p.* exclude (month), (p.month + interval 12 month)::date as month from {{ in_file("mrr_parts") }} as p
    ),

    parts as (
        {{ parts_by_column(in_file("mrr_parts"), ["month"], of_the_month) }}
        union all
        {{
            parts_by_column(
                "month_before",
                ["month"],
                [("mom_growth", "numerator", "- " ~ closing), ("mom_growth", "denominator", closing)],
            )
        }}
        union all
        {{
            parts_by_column(
                "year_before",
                ["month"],
                [("yoy_growth", "numerator", "- " ~ closing), ("yoy_growth", "denominator", closing)],
            )
        }}
        union all
        {{
            parts_by_column(
                in_file("retention_parts"),
                ["month"],
                [
                    ("nrr_12m", "numerator", money4("p.now_part")),
                    ("nrr_12m", "denominator", money4("p.then_part")),
                    ("grr_12m", "numerator", money4("p.kept_part")),
                    ("grr_12m", "denominator", money4("p.then_part")),
                ],
            )
        }}
        union all
        {{
            parts_by_column(
                in_file("beside_mrr_parts"),
                ["month"],
                [
                    ("list_mrr", "", money4("p.list_mrr")),
                    ("trial_mrr", "", money4("p.trial_mrr")),
                    ("committed_mrr", "", money4("p.committed_mrr")),
                    ("at_risk_mrr", "", money4("p.at_risk_mrr")),
                    ("usage_run_rate", "", money4("p.usage")),
                ],
            )
        }}
        union all
        {{
            parts_by_column(
                in_file("margin_parts"),
                ["month"],
                [
                    ("gross_margin", "numerator", "p.margin_part"),
                    ("gross_margin", "denominator", "p.margin_whole"),
                    ("formula_ltv", "margin", "p.margin_part"),
                    ("formula_ltv", "sales", "p.margin_whole"),
                ],
            )
        }}
    )

-- What is told from the past has no month of its own after the as-of month.
select p.*
from parts as p
semi join {{ in_file("revenue_metrics") }} as r on p.tenant_id = r.tenant_id and p.month = r.month
