-- Lines whose text names a document: its own id or reference, or an invoice that it paid. A name on many documents
-- (a mandate, a customer number) says nothing about which one, and would make every line meet every payment.
with
    documents as (
        select
            tenant_id,
            currency,
            is_incoming,
            document_key,
            document_kind,
            document_id,
            document_on,
            open_minor,
            reference
        from {{ ref("int_bank__open_documents") }}
    ),

    own_names as (
        select
            tenant_id,
            currency,
            is_incoming,
            document_key,
            document_on,
            open_minor,
            unnest([{{ plain_text("document_id") }}, {{ plain_text("reference") }}]) as document_name
        from documents
    ),

    invoice_names as (
        select
            d.tenant_id,
            d.currency,
            d.is_incoming,
            d.document_key,
            d.document_on,
            d.open_minor,
            unnest([{{ plain_text("i.invoice_id") }}, {{ plain_text("i.number") }}]) as document_name
        from documents as d
        inner join
            {{ ref("int_receivables__allocations_judged") }} as a
            on d.tenant_id = a.tenant_id
            and d.document_id = a.payment_id
            and d.document_kind = 'payment'
        inner join
            {{ ref("int_receivables__invoices_unioned") }} as i
            on a.tenant_id = i.tenant_id
            and a.invoice_id = i.invoice_id
        where a.set_aside_rule is null
    ),

    document_names as (
        select *
        from own_names
        where {{ is_document_name("document_name") }}
        union
        select *
        from invoice_names
        where {{ is_document_name("document_name") }}
    ),

    telling_names as (select * from document_names qualify count(*) over (partition by tenant_id, document_name) <= 20),

    line_names as (
        select
            tenant_id,
            currency,
            is_incoming,
            bank_line_id,
            booked_on,
            open_minor as line_minor,
            unnest(spoken) as document_name
        from {{ ref("int_bank__open_lines") }}
    ),

    -- Lines and documents meet by name alone, with all they need in hand: joined back by tenant and currency, every
    -- line would meet every document.
    named as (
        select distinct
            n.tenant_id,
            n.bank_line_id,
            t.document_key,
            n.line_minor,
            t.open_minor as document_minor,
            n.booked_on,
            t.document_on
        from line_names as n
        inner join telling_names as t using (tenant_id, currency, is_incoming, document_name)
        where n.booked_on - t.document_on between -5 and 45
    )

select n.*
from named as n
anti join {{ ref("int_bank__pairs_undone") }} using (tenant_id, bank_line_id, document_key)
