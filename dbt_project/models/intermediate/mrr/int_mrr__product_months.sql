-- MRR of the products whose price and cost are known, per month; laid out from changes as in customer_months.
with
    segments as (
        select
            s.tenant_id,
            s.product_id,
            s.currency,
            s.net_mrr,
            {{ month_index("s.valid_from") }} as first_month,
            {{ first_month_after("s.valid_to", "t.as_of") }} as end_month,
            t.as_of_month
        from {{ ref("int_mrr__segments") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        inner join {{ ref("int_mrr__products_unioned") }} as p using (tenant_id, product_id)
        where s.valid_from <= t.as_of and s.net_mrr > 0 and p.standalone_price > 0 and p.unit_cost is not null
    ),

    changes as (
        select tenant_id, product_id, currency, as_of_month, first_month as month_index, net_mrr
        from segments
        where first_month < end_month
        union all
        select tenant_id, product_id, currency, as_of_month, end_month, - net_mrr
        from segments
        where first_month < end_month and end_month <= as_of_month
    ),

    monthly as (
        select tenant_id, product_id, currency, as_of_month, month_index, sum(net_mrr) as net_mrr
        from changes
        group by all
    ),

    running as (
        select
            * exclude (net_mrr),
            sum(net_mrr) over months as net_mrr,
            lead(month_index, 1, as_of_month + 1) over months as end_month
        from monthly
        window months as (partition by tenant_id, product_id, currency order by month_index)
    )

select tenant_id, product_id, currency, unnest(range(month_index, end_month)) as month_index, net_mrr
from running
where net_mrr > 0
