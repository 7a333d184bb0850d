select
    s.tenant_id,
    s.sale_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    s.change_no,
    {{ local_day("s.sold_at::timestamp", "t.time_zone") }} as sold_on,
    coalesce(s.order_id, s.sale_id) as order_id,
    s.customer_id,
    s.product,
    s.quantity::decimal(38, 6) as quantity,
    {{ from_minor("s.unit_price_minor", "c.millionths_per_minor") }} as unit_price,
    {{ from_minor("s.unit_cost_minor", "c.millionths_per_minor") }} as unit_cost,
    s.currency,
    false as is_currency_imputed,
    s.country
from {{ source("raw_app", "sales") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on s.currency = c.currency
