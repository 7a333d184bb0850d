-- Everything that moves accounts receivable, dated by when it counts. A row with an invoice moves that invoice; a row
-- without one moves what the customer has on account. Applying money is two rows that cancel.
with
    invoices as (
        select
            tenant_id,
            customer_id,
            currency,
            invoice_id,
            'invoice' as kind,
            invoice_id as document_id,
            issued_on as effective_on,
            total_minor as amount_minor
        from {{ ref("int_receivables__invoices_totalled") }}
        union all
        select
            tenant_id,
            customer_id,
            currency,
            invoice_id,
            'void',
            invoice_id as document_id,
            greatest(voided_on, issued_on),
            - total_minor
        from {{ ref("int_receivables__invoices_totalled") }}
        where voided_on is not null
    ),

    payments as (
        select
            tenant_id,
            customer_id,
            currency,
            null::varchar as invoice_id,
            'payment' as kind,
            payment_id as document_id,
            received_on as effective_on,
            - amount_minor as amount_minor
        from {{ ref("int_receivables__payments_unioned") }}
        where status = 'succeeded' and amount_minor is not null
        union all
        select tenant_id, customer_id, currency, invoice_id, 'allocation', payment_id, effective_on, - amount_minor
        from {{ ref("int_receivables__allocations_judged") }}
        where set_aside_rule is null
        union all
        select tenant_id, payment_customer_id, currency, null, 'allocation', payment_id, effective_on, amount_minor
        from {{ ref("int_receivables__allocations_judged") }}
        where set_aside_rule is null
    ),

    credits as (
        select
            tenant_id,
            customer_id,
            currency,
            null::varchar as invoice_id,
            'credit_note' as kind,
            credit_note_id as document_id,
            issued_on as effective_on,
            - amount_minor as amount_minor
        from {{ ref("int_receivables__credits_judged") }}
        where amount_minor is not null
        union all
        select
            tenant_id,
            invoice_customer_id,
            currency,
            open_invoice_id,
            'credit_note_applied',
            credit_note_id,
            effective_on,
            - amount_minor
        from {{ ref("int_receivables__credits_judged") }}
        where set_aside_rule is null and open_invoice_id is not null
        union all
        select tenant_id, customer_id, currency, null, 'credit_note_applied', credit_note_id, effective_on, amount_minor
        from {{ ref("int_receivables__credits_judged") }}
        where set_aside_rule is null and open_invoice_id is not null
    ),

    losses as (
        select
            tenant_id,
            customer_id,
            currency,
            invoice_id,
            'write_off' as kind,
            write_off_id as document_id,
            effective_on,
            - amount_minor as amount_minor
        from {{ ref("int_receivables__write_offs_judged") }}
        where set_aside_rule is null
        union all
        select tenant_id, customer_id, currency, invoice_id, kind, refund_id, effective_on, amount_minor
        from {{ ref("int_receivables__refunds_placed") }}
    )

select *
from invoices
union all
select *
from payments
union all
select *
from credits
union all
select *
from losses
