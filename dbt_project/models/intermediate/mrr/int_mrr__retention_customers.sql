-- The customers of twelve months ago, then and now, both at the rate of then.
with
    then_rows as (
        select tenant_id, customer_id, month_index + 12 as month_index, sum(closing_reporting) as then_mrr
        from {{ ref("int_mrr__movements_valued") }}
        where closing_mrr > 0
        group by all
    ),

    now_rows as (
        select
            p.tenant_id,
            p.customer_id,
            p.month_index,
            sum({{ convert("p.net_mrr", "r.numerator", "r.denominator") }}) as now_mrr
        from {{ ref("int_mrr__year_pairs") }} as p
        inner join
            {{ ref("int_fx__month_rates") }} as r
            on p.tenant_id = r.tenant_id
            and p.currency = r.currency
            and r.month_index = p.month_index - 12
        group by all
    )

select b.*, coalesce(n.now_mrr, 0) as now_mrr
from then_rows as b
left join now_rows as n using (tenant_id, customer_id, month_index)
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where b.month_index <= t.as_of_month
