-- Orders with the number of the customer's orders up to and including each. Returns are no orders. An order in several
-- currencies is one order, of a currency of its first day, where retail_daily has a row for it.
with
    orders as (
        select
            tenant_id,
            order_id,
            ordered_on,
            max(customer_id) as customer_id,
            min(currency) filter (where sold_on = ordered_on) as currency
        from {{ ref("int_retail__sales_dated") }}
        where ordered_on is not null
        group by all
    )

select
    *,
    case
        when customer_id is not null
        then row_number() over (partition by tenant_id, customer_id order by ordered_on, order_id)
    end as customer_order_no
from orders
