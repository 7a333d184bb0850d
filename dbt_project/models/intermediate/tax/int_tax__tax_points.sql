-- The parts of invoices that were paid before their date, each with its tax point at the payment, and what was left for
-- the day of issue. Invoices of which nothing was paid ahead are not here: their one tax point is that day.
with
    paid_ahead as (
        select
            a.tenant_id,
            a.invoice_id,
            a.received_on,
            a.issued_on,
            a.amount_minor,
            i.total_minor,
            sum(a.amount_minor) over (
                partition by a.tenant_id, a.invoice_id order by a.received_on, a.payment_id, a.allocated_on
            ) as paid_to
        from {{ ref("int_receivables__allocations_judged") }} as a
        inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
        inner join {{ ref("stg_run__tenants") }} as t on a.tenant_id = t.tenant_id
        where
            a.set_aside_rule is null
            and a.received_on < a.issued_on
            and a.effective_on <= t.as_of
            and a.amount_minor > 0
            and i.total_minor > 0
    ),

    parts as (
        select
            tenant_id,
            invoice_id,
            received_on as tax_point_on,
            sum(least(paid_to, total_minor) - least(paid_to - amount_minor, total_minor)) as weight_minor
        from paid_ahead
        group by all
        union all
        select tenant_id, invoice_id, issued_on, greatest(any_value(total_minor) - sum(amount_minor), 0)
        from paid_ahead
        group by all
    )

select tenant_id, invoice_id, tax_point_on, weight_minor::bigint as weight_minor
from parts
where weight_minor > 0
