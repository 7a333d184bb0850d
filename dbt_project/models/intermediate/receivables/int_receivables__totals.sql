-- Receivables per currency at each snapshot from its first document on, in minor units.
with
    first_months as (
        select e.tenant_id, e.currency, t.as_of, t.as_of_month, min({{ month_index("e.effective_on") }}) as first_month
        from {{ ref("int_receivables__events") }} as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.effective_on <= t.as_of
        group by all
    ),

    grid as (
        select tenant_id, currency, as_of as tenant_as_of, unnest(range(first_month, as_of_month + 1)) as month_index
        from first_months
    ),

    outstanding as (
        select
            tenant_id,
            currency,
            month_index,
            sum(outstanding_minor) filter (where bucket = 'current') as current_minor,
            sum(outstanding_minor) filter (where bucket = '1-30') as d1_30_minor,
            sum(outstanding_minor) filter (where bucket = '31-60') as d31_60_minor,
            sum(outstanding_minor) filter (where bucket = '61-90') as d61_90_minor,
            sum(outstanding_minor) filter (where bucket = '91-120') as d91_120_minor,
            sum(outstanding_minor) filter (where bucket = '120+') as d120_plus_minor
        from {{ ref("int_receivables__aging_snapshots") }}
        group by all
    ),

    unapplied as (
        select tenant_id, currency, month_index, sum(unapplied_minor) as unapplied_minor
        from {{ ref("int_receivables__unapplied_snapshots") }}
        group by all
    )

select
    g.tenant_id,
    g.currency,
    g.month_index,
    {{ snapshot_on("g.month_index", "g.tenant_as_of") }} as as_of,
    coalesce(o.current_minor, 0) as current_minor,
    coalesce(o.d1_30_minor, 0) as d1_30_minor,
    coalesce(o.d31_60_minor, 0) as d31_60_minor,
    coalesce(o.d61_90_minor, 0) as d61_90_minor,
    coalesce(o.d91_120_minor, 0) as d91_120_minor,
    coalesce(o.d120_plus_minor, 0) as d120_plus_minor,
    coalesce(u.unapplied_minor, 0) as unapplied_minor,
    coalesce(o.current_minor, 0)
    + coalesce(o.d1_30_minor, 0)
    + coalesce(o.d31_60_minor, 0)
    + coalesce(o.d61_90_minor, 0)
    + coalesce(o.d91_120_minor, 0)
    + coalesce(o.d120_plus_minor, 0)
    + coalesce(u.unapplied_minor, 0) as total_minor
from grid as g
left join outstanding as o using (tenant_id, currency, month_index)
left join unapplied as u using (tenant_id, currency, month_index)
