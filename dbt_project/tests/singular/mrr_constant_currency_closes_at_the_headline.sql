-- At the as-of date a currency with MRR is valued at that day's rate in both views.
with
    constant as (select tenant_id, month, currency, closing_mrr from {{ ref("mrr_constant_currency") }}),

    current_rates as (
        select tenant_id, month, currency, sum(closing_mrr_reporting) as closing_mrr
        from {{ ref("mrr_movements") }}
        group by all
    )

select tenant_id, month, currency, c.closing_mrr as at_one_rate, r.closing_mrr as at_its_own_rate
from current_rates as r
left join constant as c using (tenant_id, month, currency)
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where
    c.closing_mrr is null
    or (month = date_trunc('month', t.as_of) and r.closing_mrr <> 0 and c.closing_mrr <> r.closing_mrr)
