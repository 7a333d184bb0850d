-- What a customer would see, as in customer_statement_lines, by the rows behind it. Money of one customer applied to
-- another's invoice moves between the two.
with
    moved as (
        select
            tenant_id,
            customer_id,
            currency,
            effective_on,
            kind,
            document_id,
            amount_minor,
            source_table,
            source_id,
            file_id,
            line,
            change_no
        from {{ in_file("receivable_rows") }}
        where kind in ('invoice', 'void', 'payment', 'credit_note', 'write_off', 'refund', 'chargeback')
    ),

    applied as (
        select
            tenant_id,
            customer_id,
            payment_customer_id as payer_id,
            currency,
            effective_on,
            payment_id as document_id,
            amount_minor,
            data_set as source_table,
            case
                when data_set = 'payments' then payment_id else concat_ws(' · ', payment_id, invoice_id, allocated_on)
            end as source_id,
            file_id,
            line,
            change_no
        from {{ in_file("int_receivables__allocations_judged") }}
        where set_aside_rule is null and customer_id <> payment_customer_id
        union all
        select
            tenant_id,
            invoice_customer_id,
            customer_id,
            currency,
            effective_on,
            credit_note_id as document_id,
            amount_minor,
            'credit_notes' as source_table,
            credit_note_id as source_id,
            file_id,
            line,
            change_no
        from {{ in_file("int_receivables__credits_judged") }}
        where set_aside_rule is null and customer_id <> invoice_customer_id
    ),

    both_kinds as (
        select *
        from moved
        union all by name
        select * exclude (payer_id, amount_minor), 'transfer' as kind, - amount_minor as amount_minor
        from applied
        union all by name
        select * exclude (customer_id, payer_id), payer_id as customer_id, 'transfer' as kind
        from applied
    )

select
    b.* exclude (amount_minor),  -- noqa: RF02
    b.kind as step,
    b.document_id as document_name,
    b.customer_id as party,
    {{ money("b.amount_minor", "c.millionths_per_minor") }} as part
from both_kinds as b
inner join {{ in_file("stg_run__tenants") }} as t on b.tenant_id = t.tenant_id
inner join {{ in_file("stg_run__currencies") }} as c on b.currency = c.currency
where b.effective_on <= t.as_of
