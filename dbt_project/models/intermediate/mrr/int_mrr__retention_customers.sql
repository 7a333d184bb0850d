-- The customers of twelve months ago, then and now, both at the rate of then.
with
    then_rows as (
        select tenant_id, customer_id, month_index + 12 as month_index, sum(closing_reporting) as then_mrr
        from {{ ref("int_mrr__movements_valued") }}
        where closing_mrr > 0
        group by all
    ),

    now_rows as ({{ now_at_the_rate_of_then("int_mrr__year_pairs", ["customer_id"], "net_mrr") }})

select b.*, coalesce(n.now_mrr, 0) as now_mrr
from then_rows as b
left join now_rows as n using (tenant_id, customer_id, month_index)
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where b.month_index <= t.as_of_month
