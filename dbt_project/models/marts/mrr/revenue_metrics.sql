-- Lifetime value: MRR / customers × margin × opening customers / churned customers, rounded once.
with
    lifetimes as (
        select
            f.*,
            case
                when f.opening_customers > 0 and f.customers > 0 then f.churned_customers * 60 < f.opening_customers
            end as is_capped
        from {{ ref("int_mrr__month_figures") }} as f {{ open_only("f", "month_index", until="closed_month") }}
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
    {{ money4("opening_mrr") }} as opening_mrr,
    {{ money4("new_mrr") }} as new_mrr,
    {{ money4("reactivation_mrr") }} as reactivation_mrr,
    {{ money4("expansion_mrr") }} as expansion_mrr,
    {{ money4("contraction_mrr") }} as contraction_mrr,
    {{ money4("churned_mrr") }} as churned_mrr,
    {{ money4("fx_mrr") }} as fx_mrr,
    {{ money4("mrr") }} as mrr,
    {{ money4("12 * mrr") }} as arr,
    {{ money4("list_mrr") }} as list_mrr,
    {{ money4("trial_mrr") }} as trial_mrr,
    {{ money4("usage_run_rate") }} as usage_run_rate,
    {{ money4("at_risk_mrr") }} as at_risk_mrr,
    {{ money4("committed_mrr") }} as committed_mrr,
    customers,
    opening_customers,
    new_customers,
    reactivated_customers,
    churned_customers,
    {{ ratio("now_mrr", "then_mrr") }} as nrr_12m,
    {{ ratio("kept_mrr", "then_mrr") }} as grr_12m,
    {{ ratio("opening_mrr + expansion_mrr - contraction_mrr - churned_mrr", "opening_mrr") }} as nrr_monthly,
    {{ ratio("churned_customers", "opening_customers") }} as logo_churn_rate,
    {{ ratio("churned_mrr + contraction_mrr", "opening_mrr") }} as gross_mrr_churn_rate,
    {{ ratio("new_mrr + expansion_mrr + reactivation_mrr", "contraction_mrr + churned_mrr") }} as quick_ratio,
    case when customers > 0 then {{ money4(divide_half_up("mrr", "customers")) }} end as arpa,
    {{ ratio("margin_part", "margin_whole") }} as gross_margin,
    case
        when is_capped
        then {{ money4(divide_half_up("mrr * 60 * margin_part", "customers * margin_whole")) }}
        when not is_capped
        then
            {{
                money4(
                    divide_half_up(
                        "mrr * margin_part * opening_customers", "customers * margin_whole * churned_customers"
                    )
                )
            }}
    end as formula_ltv,
    is_capped as is_formula_ltv_capped,
    {{ ratio("mrr - previous_mrr", "previous_mrr") }} as mom_growth,
    {{ ratio("mrr - year_ago_mrr", "year_ago_mrr") }} as yoy_growth,
    month_index = as_of_month and as_of < last_day(as_of) as is_partial
from lifetimes
union all by name
{{ closed_rows("revenue_metrics", "month") }}
