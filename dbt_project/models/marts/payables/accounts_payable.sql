with
    moved as (
        select
            e.tenant_id,
            e.bill_id,
            - coalesce(sum(e.amount_minor) filter (where e.kind = 'payment'), 0) as paid_minor,
            sum(e.amount_minor) as balance_minor
        from {{ ref("int_payables__events") }} as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.bill_id is not null and e.effective_on <= t.as_of
        group by all
    )

select
    m.tenant_id,
    m.bill_id,
    b.vendor_id,
    b.currency,
    b.issued_on,
    p.due_on,
    b.category,
    b.department_id,
    b.entity_id,
    {{ money("b.amount_minor - b.tax_minor", "b.millionths_per_minor") }} as net,
    {{ money("b.tax_minor", "b.millionths_per_minor") }} as tax,
    {{ money("b.amount_minor", "b.millionths_per_minor") }} as amount,
    {{ money("m.paid_minor", "b.millionths_per_minor") }} as paid,
    {{ money("greatest(m.balance_minor, 0)", "b.millionths_per_minor") }} as outstanding,
    {{ money("least(m.balance_minor, 0)", "b.millionths_per_minor") }} as unapplied,
    case when m.balance_minor > 0 then greatest(t.as_of - p.due_on, 0) end as days_past_due,
    case when m.balance_minor > 0 then {{ aging_bucket("t.as_of", "p.due_on") }} end as bucket
from moved as m
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
inner join {{ ref("int_payables__bills_judged") }} as b on m.tenant_id = b.tenant_id and m.bill_id = b.bill_id
inner join {{ ref("int_payables__bill_parts") }} as p on m.tenant_id = p.tenant_id and m.bill_id = p.bill_id
