-- Figures that stand beside MRR, each cell valued once per customer, month and currency.
with
    cells as (
        select tenant_id, currency, month_index, trial_mrr, committed_mrr, 0 as at_risk_mrr
        from {{ ref("int_mrr__customer_months") }}
        where trial_mrr > 0 or committed_mrr > 0
        union all
        select tenant_id, currency, month_index, 0, 0, at_risk_mrr
        from {{ ref("int_mrr__at_risk_months") }}
    )

select
    c.tenant_id,
    c.month_index,
    sum({{ convert("c.trial_mrr", "r.numerator", "r.denominator") }}) as trial_mrr,
    sum({{ convert("c.committed_mrr", "r.numerator", "r.denominator") }}) as committed_mrr,
    sum({{ convert("c.at_risk_mrr", "r.numerator", "r.denominator") }}) as at_risk_mrr
from cells as c
inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
group by all
