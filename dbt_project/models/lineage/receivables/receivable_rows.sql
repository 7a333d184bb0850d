-- Everything that moves receivables, as in int_receivables__events, by the row of a file or of the core that says so.
with
    invoices as (
        select
            m.*,
            i.customer_id,
            i.currency,
            i.issued_on,
            i.voided_on,
            m.net_minor + m.tax_minor as total_minor,
            m.source_table = 'invoices' as is_header
        from {{ in_file("invoice_makers") }} as m
        inner join {{ in_file("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
    ),

    allocations as (
        select
            *,
            case
                when data_set = 'payments' then payment_id else concat_ws(' · ', payment_id, invoice_id, allocated_on)
            end as source_id
        from {{ in_file("int_receivables__allocations_judged") }}
        where set_aside_rule is null
    ),

    refunds as (
        select p.*, r.file_id, r.line, r.change_no
        from {{ in_file("int_receivables__refunds_placed") }} as p
        inner join {{ in_file("int_receivables__refunds_judged") }} as r using (tenant_id, refund_id)
    ),

    credits as (select * from {{ in_file("int_receivables__credits_judged") }} where amount_minor is not null)

select
    tenant_id,
    customer_id,
    currency,
    invoice_id,
    'invoice' as kind,
    invoice_id as document_id,
    issued_on as effective_on,
    total_minor::bigint as amount_minor,
    is_header,
    row_order,
    source_table,
    source_id,
    file_id,
    line,
    change_no
from invoices
union all by name
select
    * exclude (issued_on, voided_on, net_minor, tax_minor, total_minor),
    'void' as kind,
    invoice_id as document_id,
    greatest(voided_on, issued_on) as effective_on,
    (- total_minor)::bigint as amount_minor
from invoices
where voided_on is not null
union all by name
select
    tenant_id,
    customer_id,
    currency,
    null::varchar as invoice_id,
    'payment' as kind,
    payment_id as document_id,
    received_on as effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    2 as row_order,
    {{ row_columns("'payments'", "payment_id", "p") }}
from {{ in_file("int_receivables__payments_unioned") }} as p
where status = 'succeeded' and amount_minor is not null
union all by name
select
    tenant_id,
    customer_id,
    currency,
    invoice_id,
    'allocation' as kind,
    payment_id as document_id,
    effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    3 as row_order,
    {{ row_columns("data_set", "source_id", "a") }}
from allocations as a
union all by name
select
    tenant_id,
    payment_customer_id as customer_id,
    currency,
    null::varchar as invoice_id,
    'allocation' as kind,
    payment_id as document_id,
    effective_on,
    amount_minor,
    false as is_header,
    3 as row_order,
    {{ row_columns("data_set", "source_id", "a") }}
from allocations as a
union all by name
select
    tenant_id,
    customer_id,
    currency,
    null::varchar as invoice_id,
    'credit_note' as kind,
    credit_note_id as document_id,
    issued_on as effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    4 as row_order,
    {{ row_columns("'credit_notes'", "credit_note_id", "n") }}
from credits as n
union all by name
select
    tenant_id,
    invoice_customer_id as customer_id,
    currency,
    open_invoice_id as invoice_id,
    'credit_note_applied' as kind,
    credit_note_id as document_id,
    effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    4 as row_order,
    {{ row_columns("'credit_notes'", "credit_note_id", "n") }}
from credits as n
where set_aside_rule is null and open_invoice_id is not null
union all by name
select
    tenant_id,
    customer_id,
    currency,
    null::varchar as invoice_id,
    'credit_note_applied' as kind,
    credit_note_id as document_id,
    effective_on,
    amount_minor,
    false as is_header,
    4 as row_order,
    {{ row_columns("'credit_notes'", "credit_note_id", "n") }}
from credits as n
where set_aside_rule is null and open_invoice_id is not null
union all by name
select
    tenant_id,
    customer_id,
    currency,
    invoice_id,
    'write_off' as kind,
    write_off_id as document_id,
    effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    5 as row_order,
    {{ row_columns("'write_offs'", "write_off_id", "w") }}
from {{ in_file("int_receivables__write_offs_judged") }} as w
where set_aside_rule is null
union all by name
select
    tenant_id,
    customer_id,
    currency,
    invoice_id,
    kind,
    refund_id as document_id,
    effective_on,
    amount_minor,
    false as is_header,
    6 as row_order,
    {{ row_columns("'refunds'", "refund_id", "r") }}
from refunds as r
