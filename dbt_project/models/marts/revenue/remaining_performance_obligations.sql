with
    first_months as (
        select
            u.tenant_id,
            u.currency,
            u.millionths_per_minor,
            t.as_of as tenant_as_of,
            unnest(range(min({{ month_index("u.signed_on") }}), t.as_of_month + 1)) as month_index
        from {{ ref("int_revenue__units") }} as u
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        group by u.tenant_id, u.currency, u.millionths_per_minor, t.as_of, t.as_of_month
    ),

    months as (select *, {{ snapshot_on("month_index", "tenant_as_of") }} as as_of from first_months),

    remaining as (
        select tenant_id, as_of, currency, sum(remaining_minor) as remaining_minor, sum(current_minor) as current_minor
        from {{ ref("int_revenue__remaining_snapshots") }}
        group by tenant_id, as_of, currency
    )

select
    m.tenant_id,
    m.as_of,
    m.currency,
    {{ money("coalesce(r.remaining_minor, 0)", "m.millionths_per_minor") }} as rpo,
    {{ money("coalesce(r.current_minor, 0)", "m.millionths_per_minor") }} as current_rpo
from months as m
left join
    remaining as r on m.tenant_id = r.tenant_id and m.as_of = r.as_of and m.currency = r.currency
    {{ open_only("m", "as_of") }}
union all by name
{{ closed_rows("remaining_performance_obligations", "as_of") }}
