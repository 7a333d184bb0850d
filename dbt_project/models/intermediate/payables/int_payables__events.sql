-- Everything that moves accounts payable, dated by when it counts. A row with a bill moves that bill; a row without one
-- moves what was paid to the vendor ahead of its bill.
with
    payments as (
        select tenant_id, vendor_id, currency, bill_id, bill_payment_id, paid_on, effective_on, amount_minor
        from {{ ref("int_payables__payments_judged") }}
        where set_aside_rule is null
    )

select
    tenant_id,
    vendor_id,
    currency,
    bill_id,
    'bill' as kind,
    bill_id as document_id,
    issued_on as effective_on,
    amount_minor
from {{ ref("int_payables__bills_judged") }}
where set_aside_rule is null
union all
select tenant_id, vendor_id, currency, bill_id, 'payment', bill_payment_id, effective_on, - amount_minor
from payments
union all
select tenant_id, vendor_id, currency, null, 'prepayment', bill_payment_id, paid_on, - amount_minor
from payments
where paid_on < effective_on
union all
select tenant_id, vendor_id, currency, null, 'prepayment', bill_payment_id, effective_on, amount_minor
from payments
where paid_on < effective_on
