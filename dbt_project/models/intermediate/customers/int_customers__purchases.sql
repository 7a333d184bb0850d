-- What each customer bought, when and how often: retail orders, else succeeded payments.
with
    retail as (
        select
            s.tenant_id,
            s.customer_id,
            s.currency,
            'sales' as basis,
            min(s.sold_on) as first_on,
            max(s.sold_on) as last_on,
            count(distinct s.order_id) filter (where not s.is_return) as frequency,
            sum(s.revenue)::decimal(38, 6) as monetary
        from {{ ref("int_retail__sales_dated") }} as s
        where s.customer_id is not null
        group by all
    ),

    paid as (
        select
            p.tenant_id,
            p.customer_id,
            p.currency,
            'payments' as basis,
            min(p.received_on) as first_on,
            max(p.received_on) as last_on,
            count(*) as frequency,
            sum(p.amount)::decimal(38, 6) as monetary
        from {{ ref("int_receivables__payments_unioned") }} as p
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where p.status = 'succeeded' and p.received_on <= t.as_of
        group by all
    ),

    both_kinds as (
        select *
        from retail
        union all
        select paid.*
        from paid
        anti join retail using (tenant_id, customer_id)
    )

select *
from both_kinds
qualify row_number() over (partition by tenant_id, customer_id order by frequency desc, currency asc) = 1
