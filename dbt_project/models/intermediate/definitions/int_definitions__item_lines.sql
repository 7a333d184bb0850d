-- The same at month snapshots.
with
    spans as (
        select
            a.*,
            {{ month_index("a.valid_from") }} as first_month,
            {{ first_month_after("a.valid_to", "t.as_of") }} as end_month
        from {{ ref("int_definitions__adjustments") }} as a
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where a.valid_from <= t.as_of
    ),

    monthly as (select *, unnest(range(first_month, end_month)) as month_index from spans where first_month < end_month)

select
    tenant_id, definition, customer_id, currency, month_index, subscription_id, item_id, reason, sum(mrr)::bigint as mrr
from monthly
group by all
having sum(mrr) <> 0
