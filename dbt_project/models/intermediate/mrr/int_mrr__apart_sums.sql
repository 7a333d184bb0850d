-- Figures that stand beside MRR, each cell valued once per customer, month and currency. Usage is shown where a rate is
-- stored for it; a month of which one currency has none has no usage figure.
with
    cells as (
        select
            tenant_id, currency, month_index, list_mrr, trial_mrr, committed_mrr, 0 as at_risk_mrr, 0 as invoiced_usage
        from {{ ref("int_mrr__customer_months_posted") }}
        where list_mrr > 0 or trial_mrr > 0 or committed_mrr > 0
        union all
        select tenant_id, currency, month_index, 0, 0, 0, at_risk_mrr, 0
        from {{ ref("int_mrr__at_risk_months") }}
        union all
        select tenant_id, currency, month_index, 0, 0, 0, 0, invoiced
        from {{ ref("int_definitions__invoiced_posted") }}
        where reason = 'usage_invoiced'
    )

select
    c.tenant_id,
    c.month_index,
    sum({{ convert("c.list_mrr", "r.numerator", "r.denominator") }}) as list_mrr,
    sum({{ convert("c.trial_mrr", "r.numerator", "r.denominator") }}) as trial_mrr,
    sum({{ convert("c.committed_mrr", "r.numerator", "r.denominator") }}) as committed_mrr,
    sum({{ convert("c.at_risk_mrr", "r.numerator", "r.denominator") }}) as at_risk_mrr,
    case
        when bool_and(r.numerator is not null or c.invoiced_usage = 0)
        then sum({{ convert("c.invoiced_usage", "r.numerator", "r.denominator") }})
    end as usage_run_rate,
    bool_or(c.invoiced_usage <> 0 and r.numerator is null) as is_usage_unrated
from cells as c
inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
group by all
