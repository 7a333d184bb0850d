-- Every source but the plain invoice lines, with the months that it can have rows in: a line's balance is gone after
-- its last day, a unit's can stand until it is billed.
with
    last_changes as (
        select tenant_id, line_id, max(effective_on) as last_on from {{ ref("int_revenue__line_changes") }} group by all
    ),

    first_days as (
        select tenant_id, source_kind, source_id, min(first_on) as first_on
        from
            (
                select tenant_id, source_kind, source_id, moved_on as first_on
                from {{ ref("int_revenue__movements") }}
                union all
                select tenant_id, source_kind, source_id, greatest(from_on, starts_on)
                from {{ ref("int_revenue__curves") }}
            )
        group by all
    )

select
    l.tenant_id,
    'invoice_line' as source_kind,
    l.line_id as source_id,
    l.customer_id,
    l.contract_id,
    l.invoice_id,
    l.product_id,
    l.entity_id,
    l.currency,
    l.millionths_per_minor,
    {{ month_index("least(l.starts_on, l.issued_on)") }} as first_month,
    least({{ month_index("greatest(l.ends_on, l.issued_on, c.last_on)") }}, t.as_of_month) as last_month,
    t.as_of
from {{ ref("int_revenue__lines_apart") }} as l
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join last_changes as c using (tenant_id, line_id)
where l.unit_id is null
union all by name
select
    u.tenant_id,
    u.source_kind,
    u.source_id,
    u.customer_id,
    u.contract_id,
    null::varchar as invoice_id,
    u.product_id,
    u.entity_id,
    u.currency,
    u.millionths_per_minor,
    {{ month_index("f.first_on") }} as first_month,
    t.as_of_month as last_month,
    t.as_of
from {{ ref("int_revenue__units") }} as u
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
inner join first_days as f using (tenant_id, source_kind, source_id)
