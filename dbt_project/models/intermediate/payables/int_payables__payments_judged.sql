-- Payments of bills, in the bill's currency. What is paid before the bill is issued is on account until then.
select
    p.*,
    b.vendor_id,
    b.currency,
    greatest(p.paid_on, b.issued_on) as effective_on,
    {{ to_minor("p.amount", "b.millionths_per_minor") }} as amount_minor,
    case
        when b.set_aside_rule is not null
        then 'bill_is_set_aside'
        when {{ to_minor("p.amount", "b.millionths_per_minor") }} is null
        then 'more_decimals_than_currency'
    end as set_aside_rule
from {{ ref("int_payables__bill_payments_unioned") }} as p
inner join {{ ref("int_payables__bills_judged") }} as b using (tenant_id, bill_id)
