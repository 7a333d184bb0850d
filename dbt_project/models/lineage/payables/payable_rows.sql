-- Everything that moves payables, as in int_payables__events, by the row of a file or of the core that says so.
with
    bills as (select * from {{ in_file("int_payables__bills_judged") }} where set_aside_rule is null),

    payments as (
        select *, effective_on as counts_on
        from {{ in_file("int_payables__payments_judged") }}
        where set_aside_rule is null
    )

select
    b.tenant_id,
    b.vendor_id,
    b.currency,
    b.bill_id,
    'bill' as kind,
    b.bill_id as document_id,
    b.issued_on as effective_on,
    b.amount_minor,
    false as is_header,
    1 as row_order,
    {{ row_columns("'bills'", "bill_id", "b") }}
from bills as b
union all by name
select
    tenant_id,
    vendor_id,
    currency,
    bill_id,
    'payment' as kind,
    bill_payment_id as document_id,
    effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    2 as row_order,
    {{ row_columns("'bill_payments'", "bill_payment_id", "p") }}
from payments as p
union all by name
select
    tenant_id,
    vendor_id,
    currency,
    null::varchar as bill_id,
    'prepayment' as kind,
    bill_payment_id as document_id,
    paid_on as effective_on,
    - amount_minor as amount_minor,
    false as is_header,
    2 as row_order,
    {{ row_columns("'bill_payments'", "bill_payment_id", "p") }}
from payments as p
where paid_on < counts_on
union all by name
select
    tenant_id,
    vendor_id,
    currency,
    null::varchar as bill_id,
    'prepayment' as kind,
    bill_payment_id as document_id,
    counts_on as effective_on,
    amount_minor,
    false as is_header,
    3 as row_order,
    {{ row_columns("'bill_payments'", "bill_payment_id", "p") }}
from payments as p
where paid_on < counts_on
