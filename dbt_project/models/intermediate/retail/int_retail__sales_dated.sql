-- Sale lines up to the as-of date, their amounts exact; an order belongs to the day of its first line.
select
    s.*,
    s.quantity * s.unit_price as revenue,
    s.quantity * s.unit_cost as cost,
    s.quantity < 0 as is_return,
    case
        when s.quantity >= 0
        then min(s.sold_on) filter (where s.quantity >= 0) over (partition by s.tenant_id, s.order_id)
    end as ordered_on
from {{ ref("int_retail__sales_unioned") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where s.sold_on <= t.as_of
