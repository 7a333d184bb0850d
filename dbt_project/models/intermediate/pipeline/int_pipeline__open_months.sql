-- Deals at the month snapshots where they were open, with the chance of the stage in which they stood that day.
with
    spans as (
        select
            *,
            unnest(
                range(
                    {{ month_index("created_on") }},
                    {{ first_month_after("coalesce(ended_on, date '9999-12-31')", "as_of") }}
                )
            ) as month_index
        from {{ ref("int_pipeline__deals_dated") }}
        where created_on <= as_of and (outcome = 'open' or ended_on is not null)
    ),

    snapshots as (
        select
            tenant_id,
            deal_id,
            stage,
            outcome,
            currency,
            amount_minor,
            expected_close_on,
            month_index,
            {{ snapshot_on("month_index", "as_of") }} as snapshot_on
        from spans
    ),

    entered as (
        select s.tenant_id, s.deal_id, {{ local_day("s.entered_at", "t.time_zone") }} as entered_on, s.stage
        from {{ ref("int_pipeline__deal_stages_unioned") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where s.entered_at is not null
        qualify
            row_number() over (
                partition by s.tenant_id, s.deal_id, {{ local_day("s.entered_at", "t.time_zone") }}
                order by s.entered_at desc, s.stage desc
            )
            = 1
    ),

    staged as (
        select s.*, coalesce(e.stage, case when s.outcome = 'open' then s.stage end) as stage_then
        from snapshots as s
        asof left join
            entered as e on s.tenant_id = e.tenant_id and s.deal_id = e.deal_id and s.snapshot_on >= e.entered_on
    )

select s.*, coalesce(k.probability, d.probability) as probability
from staged as s
left join
    {{ ref("deal_stage_kinds") }} as k
    on k.kind = 'open'
    and k.stage_key = regexp_replace(lower(s.stage_then), '[^a-z0-9]', '', 'g')
left join {{ ref("deal_stage_kinds") }} as d on d.stage_key = '*'
