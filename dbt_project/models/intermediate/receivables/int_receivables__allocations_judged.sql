-- Which money went to which invoice. Rows of payment_allocations speak for their payment; a payment's own invoice_id
-- takes all of it only where there is no such row.
with
    stated as (
        select a.*, 'payment_allocations' as data_set
        from {{ ref("int_receivables__payment_allocations_unioned") }} as a
        union all by name
        select
            p.tenant_id,
            p.payment_id,
            p.invoice_id,
            p.received_on as allocated_on,
            p.source,
            p.file_id,
            p.line,
            p.change_no,
            p.amount,
            'payments' as data_set
        from {{ ref("int_receivables__payments_unioned") }} as p
        anti join {{ ref("int_receivables__payment_allocations_unioned") }} using (tenant_id, payment_id)
        where p.invoice_id is not null
    ),

    resolved as (
        select
            s.*,
            i.customer_id,
            i.currency,
            i.issued_on,
            p.currency as payment_currency,
            p.amount_minor as payment_minor,
            p.received_on,
            greatest(s.allocated_on, p.received_on, i.issued_on) as effective_on,
            p.customer_id as payment_customer_id,
            {{ to_minor("s.amount", "c.millionths_per_minor") }} as amount_minor
        from stated as s
        inner join {{ ref("int_receivables__payments_unioned") }} as p using (tenant_id, payment_id)
        inner join
            {{ ref("int_receivables__invoices_totalled") }} as i
            on s.tenant_id = i.tenant_id
            and s.invoice_id = i.invoice_id
        left join {{ ref("stg_run__currencies") }} as c on p.currency = c.currency
        where p.status = 'succeeded' and p.amount_minor is not null
    ),

    judged as (
        select
            *,
            case
                when currency <> payment_currency
                then 'allocation_in_another_currency'
                when amount_minor is null
                then 'more_decimals_than_currency'
            end as own_rule
        from resolved
    ),

    exceeded as (
        select tenant_id, payment_id
        from judged
        where own_rule is null
        group by tenant_id, payment_id
        having sum(amount_minor) > min(payment_minor)
    )

select
    j.* exclude (own_rule),  -- noqa: RF02
    coalesce(j.own_rule, case when e.payment_id is not null then 'allocations_exceed_payment' end) as set_aside_rule
from judged as j
left join exceeded as e using (tenant_id, payment_id)
