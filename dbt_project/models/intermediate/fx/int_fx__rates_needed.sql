-- Every day on which some figure turns a currency into the reporting currency, and no other day.
with
    months as (
        select tenant_id, currency, month_index - 1 as month_index
        from {{ ref("int_mrr__movements") }}
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__movements") }}
        where closing_mrr > 0
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__customer_months") }}
        where trial_mrr > 0 or committed_mrr > 0
        union
        select tenant_id, currency, month_index
        from {{ ref("int_mrr__at_risk_months") }}
        union
        select tenant_id, currency, month_index - 12
        from {{ ref("int_mrr__year_pairs") }}
        union
        select tenant_id, currency, month_index
        from {{ ref("int_pipeline__month_amounts") }}
        where amount_minor <> 0
    )

select
    m.tenant_id,
    m.currency,
    m.month_index,
    {{ snapshot_on("m.month_index", "t.as_of") }} as rate_on,
    t.reporting_currency
from months as m
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
