-- Opening and closing per customer, month and currency; the kind is the customer's, over all its currencies.
with
    active as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            net_mrr,
            lag(month_index) over months as previous_month,
            lag(net_mrr) over months as previous_mrr,
            lead(month_index) over months as next_month
        from {{ ref("int_mrr__customer_months_posted") }}
        where net_mrr > 0
        window months as (partition by tenant_id, customer_id, currency order by month_index)
    ),

    balances as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            case when previous_month = month_index - 1 then previous_mrr else 0 end as opening_mrr,
            net_mrr as closing_mrr
        from active
        union all
        select a.tenant_id, a.customer_id, a.currency, a.month_index + 1, a.net_mrr, 0
        from active as a
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where a.month_index < t.as_of_month and coalesce(a.next_month, 999999) > a.month_index + 1
    ),

    customers as (
        select
            tenant_id,
            customer_id,
            month_index,
            max(opening_mrr) > 0 as was_customer,
            max(closing_mrr) > 0 as is_customer
        from balances
        group by all
    ),

    kinds as (
        select
            *,
            case
                when not was_customer and month_index = min(month_index) over customer
                then 'new'
                when not was_customer
                then 'reactivation'
                when not is_customer
                then 'churn'
                else 'change'
            end as kind
        from customers
        window customer as (partition by tenant_id, customer_id)
    )

select
    b.tenant_id,
    b.customer_id,
    b.month_index,
    b.currency,
    k.kind,
    b.opening_mrr,
    b.closing_mrr,
    abs(b.closing_mrr - b.opening_mrr) as movement_mrr,
    case
        when k.kind <> 'change'
        then k.kind
        when b.closing_mrr > b.opening_mrr
        then 'expansion'
        when b.closing_mrr < b.opening_mrr
        then 'contraction'
    end as movement
from balances as b
inner join kinds as k using (tenant_id, customer_id, month_index)
