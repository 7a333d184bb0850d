-- Open parts at each snapshot. What an invoice received beyond its total is not here but in unapplied.
with
    parts as (
        select
            b.tenant_id,
            b.as_of,
            b.month_index,
            b.invoice_id,
            p.due_on,
            b.customer_id,
            b.currency,
            p.millionths_per_minor,
            least(b.balance_minor - p.later_minor, coalesce(p.limit_minor, b.balance_minor)) as outstanding_minor
        from {{ ref("int_receivables__invoice_balances") }} as b
        inner join {{ ref("int_receivables__invoice_parts") }} as p using (tenant_id, invoice_id)
        where b.balance_minor > 0
    )

select *, greatest(as_of - due_on, 0) as days_past_due, {{ aging_bucket("as_of", "due_on") }} as bucket
from parts
where outstanding_minor > 0
