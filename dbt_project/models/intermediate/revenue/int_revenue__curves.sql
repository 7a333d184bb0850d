-- What every source but the plain invoice lines has earned by any day: of the one row with from_on <= day < until_on,
-- base plus the part of rest that has run by day. What is not earned by day is a row of its own per step.
with
    measured as (
        select
            s.tenant_id,
            s.source_kind,
            s.source_id,
            s.base_minor,
            s.rest_minor,
            s.from_percent,
            greatest(s.from_on, p.measured_on) as step_on,
            max(p.percent_done) as percent_done
        from {{ ref("int_revenue__unit_stretches") }} as s
        inner join
            {{ ref("int_revenue__progress_judged") }} as p
            on s.tenant_id = p.tenant_id
            and s.source_id = p.obligation_id
            and s.until_on > p.measured_on
            and p.set_aside_rule is null
        where s.recognition = 'percent_complete'
        group by all
    ),

    steps as (
        select
            tenant_id,
            source_kind,
            source_id,
            step_on,
            {{ earned_by_percent("base_minor", "rest_minor", "from_percent", "percent_done") }} as base_minor
        from measured
        union all
        select tenant_id, source_kind, source_id, greatest(from_on, transferred_on) as step_on, price_minor
        from {{ ref("int_revenue__unit_stretches") }}
        where recognition = 'point_in_time' and transferred_on < until_on
    )

select
    tenant_id,
    source_kind,
    source_id,
    step_on as from_on,
    lead(step_on, 1, {{ far_future() }}) over (
        partition by tenant_id, source_kind, source_id order by step_on
    ) as until_on,
    base_minor::bigint as base_minor,
    0::bigint as rest_minor,
    step_on as starts_on,
    step_on as ends_on
from steps
union all by name
select tenant_id, source_kind, source_id, from_on, until_on, base_minor, rest_minor, starts_on, ends_on
from {{ ref("int_revenue__unit_stretches") }}
where recognition = 'over_time'
union all by name
select
    tenant_id,
    'invoice_line' as source_kind,
    line_id as source_id,
    from_on,
    until_on,
    base_minor,
    rest_minor,
    starts_on,
    ends_on
from {{ ref("int_revenue__line_stretches") }}
where from_on < until_on
