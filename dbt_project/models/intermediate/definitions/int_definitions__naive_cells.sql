-- Invoiced and MRR per customer, month and currency, at the snapshot's rate; null where no rate is stored for it, which
-- leaves the naive figures of the month without a value.
with
    cells as (
        select tenant_id, customer_id, currency, month_index, sum(invoiced) as invoiced, sum(mrr) as mrr
        from
            (
                select tenant_id, customer_id, currency, month_index, invoiced, 0 as mrr
                from {{ ref("int_definitions__invoiced_posted") }}
                union all
                select tenant_id, customer_id, currency, month_index, 0, net_mrr
                from {{ ref("int_mrr__customer_months_posted") }}
                where net_mrr > 0
            )
        group by all
    )

select
    c.*,
    coalesce(r.numerator, case when c.currency = t.reporting_currency then 1 end) as numerator,
    coalesce(r.denominator, case when c.currency = t.reporting_currency then 1 end) as denominator,
    {{
        convert(
            "c.invoiced",
            "coalesce(r.numerator, case when c.currency = t.reporting_currency then 1 end)",
            "coalesce(r.denominator, case when c.currency = t.reporting_currency then 1 end)",
        )
    }} as invoiced_reporting,
    case when c.mrr = 0 then 0 else {{ convert("c.mrr", "r.numerator", "r.denominator") }} end as mrr_reporting
from cells as c
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join
    {{ ref("int_fx__month_rates") }} as r
    on c.tenant_id = r.tenant_id
    and c.currency = r.currency
    and c.month_index = r.month_index
