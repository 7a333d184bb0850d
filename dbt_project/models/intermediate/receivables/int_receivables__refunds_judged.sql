-- Refunds and charge-backs of succeeded payments, in the payment's currency, in the order in which they take money.
with
    resolved as (
        select
            r.*,
            p.currency,
            p.customer_id,
            p.amount_minor as payment_minor,
            greatest(r.refunded_on, p.received_on) as effective_on,
            i.invoice_id as open_invoice_id,
            i.customer_id as invoice_customer_id,
            i.currency as invoice_currency,
            i.issued_on,
            {{ to_minor("r.amount", "c.millionths_per_minor") }} as amount_minor
        from {{ ref("int_receivables__refunds_unioned") }} as r
        inner join {{ ref("int_receivables__payments_unioned") }} as p using (tenant_id, payment_id)
        left join
            {{ ref("int_receivables__invoices_totalled") }} as i
            on r.tenant_id = i.tenant_id
            and r.invoice_id = i.invoice_id
        left join {{ ref("stg_run__currencies") }} as c on p.currency = c.currency
        where p.status = 'succeeded' and p.amount_minor is not null
    ),

    judged as (
        select
            *,
            case
                when amount_minor is null
                then 'more_decimals_than_currency'
                when invoice_currency <> currency
                then 'refund_in_another_currency'
            end as own_rule
        from resolved
    )

select
    * exclude (own_rule),
    coalesce(
        own_rule,
        case
            when sum(amount_minor) filter (where own_rule is null) over payment > payment_minor
            then 'refunds_exceed_payment'
        end
    ) as set_aside_rule
from judged
window payment as (partition by tenant_id, payment_id)
