-- MRR of each subscription at each snapshot, usage commitments apart, in ten-thousandths of the currency.
-- A view: only int_bridge__recurring_items reads it.
{{ config(materialized="view") }}

with
    segments as (
        select
            s.tenant_id,
            s.customer_id,
            s.subscription_id,
            s.currency,
            coalesce(p.kind = 'usage', false) as is_usage,
            s.net_mrr,
            {{ month_index("s.valid_from") }} as first_month,
            {{ first_month_after("s.valid_to", "t.as_of") }} as end_month
        from {{ ref("int_mrr__segments") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        left join
            {{ ref("int_mrr__products_unioned") }} as p on s.tenant_id = p.tenant_id and s.product_id = p.product_id
        where s.valid_from <= t.as_of and s.net_mrr > 0
    ),

    months as (
        select * exclude (first_month, end_month), unnest(range(first_month, end_month)) as month_index
        from segments
        where first_month < end_month
    )

select
    tenant_id,
    customer_id,
    subscription_id,
    currency,
    month_index,
    coalesce(sum(net_mrr) filter (where not is_usage), 0) as net_mrr,
    coalesce(sum(net_mrr) filter (where is_usage), 0) as usage_mrr
from months
group by all
