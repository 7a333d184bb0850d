-- Revenue of a day is the plain sum of quantity × unit price over its lines: nothing is rounded on the way.
with
    direct as (
        select s.tenant_id, s.sold_on as day, s.currency, sum(s.quantity * s.unit_price)::decimal(38, 6) as revenue
        from {{ ref("int_retail__sales_unioned") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where s.sold_on <= t.as_of
        group by all
    )

select tenant_id, day, currency, a.revenue as of_lines, b.revenue as of_day
from direct as a
full join {{ ref("retail_daily") }} as b using (tenant_id, day, currency)
where a.revenue is distinct from b.revenue
