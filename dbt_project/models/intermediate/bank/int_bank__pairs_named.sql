-- Lines whose text names a document: its own id or reference, or an invoice that it paid. A name on many documents
-- (a mandate, a customer number) says nothing about which one, and would make every line meet every payment.
with
    own_names as (
        select
            tenant_id,
            document_key,
            unnest([{{ plain_text("document_id") }}, {{ plain_text("reference") }}]) as document_name
        from {{ ref("int_bank__open_documents") }}
    ),

    invoice_names as (
        select
            d.tenant_id,
            d.document_key,
            unnest([{{ plain_text("i.invoice_id") }}, {{ plain_text("i.number") }}]) as document_name
        from {{ ref("int_bank__open_documents") }} as d
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
        select tenant_id, document_key, document_name
        from own_names
        where {{ is_document_name("document_name") }}
        union
        select tenant_id, document_key, document_name
        from invoice_names
        where {{ is_document_name("document_name") }}
    ),

    common_names as (select tenant_id, document_name from document_names group by all having count(*) > 20),

    line_names as (
        select tenant_id, bank_line_id, unnest(spoken) as document_name from {{ ref("int_bank__open_lines") }}
    ),

    named as (
        select distinct n.tenant_id, n.bank_line_id, t.document_key
        from line_names as n
        inner join document_names as t using (tenant_id, document_name)
        anti join common_names using (tenant_id, document_name)
    )

select
    n.tenant_id,
    n.bank_line_id,
    n.document_key,
    b.open_minor as line_minor,
    d.open_minor as document_minor,
    b.booked_on,
    d.document_on
from named as n
inner join {{ ref("int_bank__open_lines") }} as b using (tenant_id, bank_line_id)
inner join {{ ref("int_bank__open_documents") }} as d using (tenant_id, document_key)
anti join {{ ref("int_bank__pairs_undone") }} using (tenant_id, bank_line_id, document_key)
where b.currency = d.currency and b.is_incoming = d.is_incoming and b.booked_on - d.document_on between -5 and 45
