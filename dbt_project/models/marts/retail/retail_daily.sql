with
    lines as (
        select
            tenant_id,
            sold_on as day,
            currency,
            sum(revenue) as revenue,
            coalesce(sum(revenue) filter (where not is_return), 0) as gross_sales,
            coalesce(- sum(revenue) filter (where is_return), 0) as returns,
            sum(quantity) as units,
            case when count(cost) > 0 then sum(cost) end as cost,
            count(cost) = count(*) as is_cost_complete,
            count(*) as line_count
        from {{ ref("int_retail__sales_dated") }}
        group by all
    ),

    orders as (
        select
            tenant_id,
            ordered_on as day,
            currency,
            count(*) as orders,
            count(distinct customer_id) as customers,
            count(distinct customer_id) filter (where customer_order_no >= 2) as repeat_customers
        from {{ ref("int_retail__orders") }}
        group by all
    )

select
    l.tenant_id,
    l.day,
    l.currency,
    l.revenue::decimal(38, 6) as revenue,
    l.gross_sales::decimal(38, 6) as gross_sales,
    l.returns::decimal(38, 6) as returns,
    coalesce(o.orders, 0) as orders,
    l.line_count,
    l.units::decimal(38, 6) as units,
    case
        when o.orders > 0 then {{ money4(divide_half_up("(l.revenue * 1000000)::hugeint", "100 * o.orders")) }}
    end as aov,
    l.cost::decimal(38, 6) as cost,
    case when l.is_cost_complete then {{ ratio("l.revenue - l.cost", "l.revenue") }} end as margin,
    l.is_cost_complete,
    coalesce(o.customers, 0) as customers,
    coalesce(o.repeat_customers, 0) as repeat_customers
from lines as l
left join orders as o using (tenant_id, day, currency)
