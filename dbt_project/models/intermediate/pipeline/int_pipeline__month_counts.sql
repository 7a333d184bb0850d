-- Deals counted per month: open at its snapshot, created and closed in it, and the median days from start to win.
with
    opened as (
        select tenant_id, month_index, count(*) as open_deals from {{ ref("int_pipeline__open_months") }} group by all
    ),

    created as (
        select tenant_id, {{ month_index("created_on") }} as month_index, count(*) as created_deals
        from {{ ref("int_pipeline__deals_dated") }}
        where created_on <= as_of
        group by all
    ),

    closed as (
        select
            tenant_id,
            {{ month_index("ended_on") }} as month_index,
            count(*) filter (where outcome = 'won') as won_deals,
            count(*) filter (where outcome = 'lost') as lost_deals,
            (2 * median(cycle_days) filter (where outcome = 'won'))::bigint as cycle_half_days
        from {{ ref("int_pipeline__deals_dated") }}
        where outcome in ('won', 'lost') and ended_on <= as_of
        group by all
    ),

    keys as (
        select tenant_id, month_index
        from opened
        union
        select tenant_id, month_index
        from created
        union
        select tenant_id, month_index
        from closed
    )

select
    k.tenant_id,
    k.month_index,
    coalesce(o.open_deals, 0) as open_deals,
    coalesce(n.created_deals, 0) as created_deals,
    coalesce(c.won_deals, 0) as won_deals,
    coalesce(c.lost_deals, 0) as lost_deals,
    c.cycle_half_days
from keys as k
left join opened as o using (tenant_id, month_index)
left join created as n using (tenant_id, month_index)
left join closed as c using (tenant_id, month_index)
