with legs as ({{ all_legs() }})

select
    l.tenant_id,
    l.entity_id,
    l.posted_on,
    date_trunc('month', l.posted_on)::date as period,
    l.posted_on as document_on,
    l.kind,
    l.source_table,
    l.source_id,
    a.account,
    l.purpose,
    l.detail,
    l.customer_id,
    l.currency,
    {{ money("greatest(l.amount_minor, 0)", "c.millionths_per_minor") }} as debit,
    {{ money("greatest(- l.amount_minor, 0)", "c.millionths_per_minor") }} as credit,
    false as is_late
from legs as l
inner join
    {{ ref("int_ledger__accounts") }} as a
    on l.tenant_id = a.tenant_id
    and l.purpose = a.purpose
    and l.detail is not distinct from a.detail
inner join {{ ref("stg_run__currencies") }} as c on l.currency = c.currency {{ open_only("l", "posted_on") }}
union all by name
select *
from {{ ref("int_ledger__lines_closed") }}
