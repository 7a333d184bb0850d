-- What can stand on a statement: payments that succeeded, payments of bills and money given back. A payment that a
-- person matched stays one whatever became of it. Only tenants and currencies that have a statement are looked at.
with
    statements as (
        select tenant_id, currency, min(booked_on) as first_on, max(booked_on) as last_on
        from {{ ref("int_bank__lines_judged") }}
        where set_aside_rule is null
        group by all
    ),

    documents as (
        select
            p.tenant_id,
            'payment' as document_kind,
            p.payment_id as document_id,
            true as is_incoming,
            p.received_on as document_on,
            p.currency,
            p.amount_minor as size_minor,
            p.customer_id,
            p.method,
            p.reference,
            p.status = 'succeeded' as is_settled
        from {{ ref("int_receivables__payments_unioned") }} as p
        union all
        select
            b.tenant_id,
            'bill_payment',
            p.bill_payment_id,
            false,
            p.paid_on,
            b.currency,
            {{ to_minor("p.amount", "c.millionths_per_minor") }},
            b.vendor_id,
            null,
            p.bill_id,
            true
        from {{ ref("int_payables__bill_payments_unioned") }} as p
        inner join {{ ref("int_payables__bills_unioned") }} as b using (tenant_id, bill_id)
        inner join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
        union all
        select
            tenant_id,
            'refund',
            refund_id,
            false,
            refunded_on,
            currency,
            amount_minor,
            customer_id,
            kind,
            payment_id,
            true
        from {{ ref("int_receivables__refunds_judged") }}
        where set_aside_rule is null
    )

select
    d.*,
    d.document_kind || ':' || d.document_id as document_key,
    c.name,
    {{ plain_text("c.name") }} as name_text,
    d.document_on between s.first_on and s.last_on as is_on_statement
from documents as d
inner join statements as s on d.tenant_id = s.tenant_id and d.currency = s.currency
inner join {{ ref("stg_run__tenants") }} as t on d.tenant_id = t.tenant_id
left join
    {{ ref("int_customers__customers_unioned") }} as c on d.tenant_id = c.tenant_id and d.customer_id = c.customer_id
where d.size_minor > 0 and d.document_on <= t.as_of
