-- One row per deal with what its stage means and the tenant's calendar days of its life.
with
    dated as (
        select
            d.*,
            t.as_of,
            t.as_of_month,
            k.kind as stage_kind,
            {{ local_day("d.created_at", "t.time_zone") }} as created_on,
            coalesce(d.closed_on, {{ local_day("d.signed_at", "t.time_zone") }}) as ended_on
        from {{ ref("int_pipeline__deals_unioned") }} as d
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        left join
            {{ ref("deal_stage_kinds") }} as k on k.stage_key = regexp_replace(lower(d.stage), '[^a-z0-9]', '', 'g')
    )

select
    * exclude (stage_kind, ended_on, as_of, as_of_month),
    as_of,
    as_of_month,
    coalesce(stage_kind, 'open') as outcome,
    case when stage_kind in ('won', 'lost') then ended_on end as ended_on,
    case when stage_kind in ('won', 'lost') then ended_on - created_on end as cycle_days,
    case when amount is not null and amount_minor is null then 'more_decimals_than_currency' end as set_aside_rule
from dated
