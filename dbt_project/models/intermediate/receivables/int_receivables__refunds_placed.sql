-- What each refund opens. One that names an invoice opens it. Another takes unallocated money first, then the latest
-- allocations: a payment is a line from its first allocation to what was never allocated, eaten from its far end.
with
    named as (
        select *
        from {{ ref("int_receivables__refunds_judged") }}
        where open_invoice_id is not null and set_aside_rule is null
    ),

    named_sums as (
        select tenant_id, payment_id, open_invoice_id as invoice_id, sum(amount_minor) as amount_minor
        from named
        group by all
    ),

    named_totals as (select tenant_id, payment_id, sum(amount_minor) as named_minor from named group by all),

    unnamed as (
        select
            r.*,
            sum(r.amount_minor) over earlier as taken_to,
            sum(r.amount_minor) over earlier - r.amount_minor as taken_from,
            r.payment_minor - coalesce(n.named_minor, 0) as line_minor
        from {{ ref("int_receivables__refunds_judged") }} as r
        left join named_totals as n using (tenant_id, payment_id)
        where r.open_invoice_id is null and r.set_aside_rule is null
        window earlier as (partition by r.tenant_id, r.payment_id order by r.effective_on, r.refund_id)
    ),

    allocated as (
        select
            a.tenant_id,
            a.payment_id,
            a.invoice_id,
            a.customer_id,
            a.issued_on,
            a.effective_on,
            greatest(a.amount_minor - coalesce(n.amount_minor, 0), 0) as amount_minor
        from {{ ref("int_receivables__allocations_judged") }} as a
        left join named_sums as n using (tenant_id, payment_id, invoice_id)
        where a.set_aside_rule is null
    ),

    stretches as (
        select
            u.tenant_id,
            u.refund_id,
            u.currency,
            u.kind,
            u.effective_on,
            u.line_minor - u.taken_to as eaten_from,
            u.line_minor - u.taken_from as eaten_to,
            a.invoice_id,
            a.customer_id,
            sum(a.amount_minor) over line - a.amount_minor as held_from,
            sum(a.amount_minor) over line as held_to
        from unnamed as u
        inner join
            allocated as a
            on u.tenant_id = a.tenant_id
            and u.payment_id = a.payment_id
            and u.effective_on >= a.effective_on
        window
            line as (
                partition by u.tenant_id, u.refund_id
                order by a.effective_on, a.invoice_id
                rows between unbounded preceding and current row
            )
    ),

    reopened as (
        select
            tenant_id,
            refund_id,
            currency,
            kind,
            effective_on,
            invoice_id,
            customer_id,
            greatest(least(eaten_to, held_to) - greatest(eaten_from, held_from), 0)::bigint as amount_minor
        from stretches
    ),

    reopened_totals as (select tenant_id, refund_id, sum(amount_minor) as reopened_minor from reopened group by all)

select
    tenant_id,
    refund_id,
    currency,
    kind,
    greatest(effective_on, issued_on) as effective_on,
    open_invoice_id as invoice_id,
    invoice_customer_id as customer_id,
    amount_minor
from named
union all
select tenant_id, refund_id, currency, kind, effective_on, invoice_id, customer_id, amount_minor
from reopened
where amount_minor > 0
union all
select
    u.tenant_id,
    u.refund_id,
    u.currency,
    u.kind,
    u.effective_on,
    null,
    u.customer_id,
    (u.amount_minor - coalesce(o.reopened_minor, 0))::bigint
from unnamed as u
left join reopened_totals as o using (tenant_id, refund_id)
where u.amount_minor > coalesce(o.reopened_minor, 0)
