with
    moved as (
        select
            e.tenant_id,
            e.invoice_id,
            - coalesce(sum(e.amount_minor) filter (where e.kind = 'allocation'), 0) as allocated_minor,
            - coalesce(sum(e.amount_minor) filter (where e.kind = 'credit_note_applied'), 0) as credited_minor,
            - coalesce(sum(e.amount_minor) filter (where e.kind = 'write_off'), 0) as written_off_minor,
            coalesce(sum(e.amount_minor) filter (where e.kind in ('refund', 'chargeback')), 0) as refunded_minor,
            - coalesce(sum(e.amount_minor) filter (where e.kind = 'void'), 0) as voided_minor,
            sum(e.amount_minor) as balance_minor
        from {{ ref("int_receivables__events") }} as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.invoice_id is not null and e.effective_on <= t.as_of
        group by all
    ),

    -- Of instalments, the oldest open one says how late the invoice is.
    late as (
        select
            s.tenant_id,
            s.invoice_id,
            max(s.days_past_due) as days_past_due,
            arg_max(s.bucket, s.days_past_due) as bucket
        from {{ ref("int_receivables__aging_snapshots") }} as s
        inner join {{ ref("stg_run__tenants") }} as t on s.tenant_id = t.tenant_id and s.month_index = t.as_of_month
        group by all
    ),

    disputed as (
        select distinct p.tenant_id, p.invoice_id
        from {{ ref("int_receivables__refunds_placed") }} as p
        inner join {{ ref("int_receivables__refunds_judged") }} as r using (tenant_id, refund_id)
        inner join {{ ref("stg_run__tenants") }} as t on p.tenant_id = t.tenant_id
        where r.kind = 'chargeback' and r.status = 'open' and p.effective_on <= t.as_of and p.invoice_id is not null
    )

select
    m.tenant_id,
    m.invoice_id,
    i.customer_id,
    i.currency,
    i.issued_on,
    coalesce(i.due_on, i.issued_on) as due_on,
    case when m.voided_minor <> 0 or i.voided_on <= t.as_of then greatest(i.voided_on, i.issued_on) end as voided_on,
    {{ money("i.net_minor", "c.millionths_per_minor") }} as net,
    {{ money("i.tax_minor", "c.millionths_per_minor") }} as tax,
    {{ money("i.total_minor", "c.millionths_per_minor") }} as amount,
    {{ money("m.allocated_minor", "c.millionths_per_minor") }} as allocated,
    {{ money("m.credited_minor", "c.millionths_per_minor") }} as credited,
    {{ money("m.written_off_minor", "c.millionths_per_minor") }} as written_off,
    {{ money("m.refunded_minor", "c.millionths_per_minor") }} as refunded,
    {{ money("m.voided_minor", "c.millionths_per_minor") }} as voided,
    {{ money("greatest(m.balance_minor, 0)", "c.millionths_per_minor") }} as outstanding,
    {{ money("least(m.balance_minor, 0)", "c.millionths_per_minor") }} as unapplied,
    l.days_past_due,
    l.bucket,
    d.invoice_id is not null as is_disputed
from moved as m
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
inner join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
left join late as l using (tenant_id, invoice_id)
left join disputed as d using (tenant_id, invoice_id)
where i.issued_on <= t.as_of
