-- What a customer would see: documents, not what was applied to what. Money or credit of one customer that was applied
-- to another's invoice moves between the two (transfer); a refund that opened several invoices is one line.
with
    applied as (
        select tenant_id, customer_id, payment_customer_id as payer_id, currency, effective_on, payment_id, amount_minor
        from {{ ref("int_receivables__allocations_judged") }}
        where set_aside_rule is null and customer_id <> payment_customer_id
        union all
        select tenant_id, invoice_customer_id, customer_id, currency, effective_on, credit_note_id, amount_minor
        from {{ ref("int_receivables__credits_judged") }}
        where set_aside_rule is null and customer_id <> invoice_customer_id
    ),

    fresh as (
        select tenant_id, customer_id, currency, effective_on, kind, document_id, amount_minor
        from {{ ref("int_receivables__events") }}
        where kind in ('invoice', 'void', 'payment', 'credit_note', 'write_off')
        union all
        select tenant_id, customer_id, currency, effective_on, kind, document_id, sum(amount_minor)
        from {{ ref("int_receivables__events") }}
        where kind in ('refund', 'chargeback')
        group by all
        union all
        select tenant_id, customer_id, currency, effective_on, 'transfer', payment_id, - sum(amount_minor)
        from applied
        group by all
        having sum(amount_minor) <> 0
        union all
        select tenant_id, payer_id, currency, effective_on, 'transfer', payment_id, sum(amount_minor)
        from applied
        group by all
        having sum(amount_minor) <> 0
    ),

    -- Of closed months every event is there; applying a customer's own money to an own invoice is nothing in sum.
    closed_lines as (
        select
            tenant_id,
            customer_id,
            currency,
            effective_on,
            case when kind in ('allocation', 'credit_note_applied') then 'transfer' else kind end as kind,
            document_id,
            is_late,
            sum(amount_minor) as amount_minor
        from {{ ref("int_receivables__events_closed") }}
        group by all
        having sum(amount_minor) <> 0 or any_value(kind) not in ('allocation', 'credit_note_applied')
    ),

    events as (
        select fresh.*, false as is_late
        from fresh {{ open_only("fresh", "effective_on") }}
        union all by name
        select *
        from closed_lines
    ),

    balanced as (
        select
            e.*,
            sum(e.amount_minor) over (
                partition by e.tenant_id, e.customer_id, e.currency
                order by e.effective_on, e.kind, e.document_id, e.is_late
                rows unbounded preceding
            ) as balance_minor
        from events as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.effective_on <= t.as_of
    )

select
    b.tenant_id,
    b.customer_id,
    b.currency,
    b.effective_on as posted_on,
    b.kind,
    b.document_id,
    {{ money("b.amount_minor", "c.millionths_per_minor") }} as amount,
    {{ money("b.balance_minor", "c.millionths_per_minor") }} as balance,
    b.is_late
from balanced as b
inner join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
