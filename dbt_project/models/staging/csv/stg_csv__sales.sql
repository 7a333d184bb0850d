-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

select
    s.tenant_id,
    s.sale_id,
    'csv' as source,
    s.file_id,
    s.line,
    null::bigint as change_no,
    case when s.sold_at_is_utc then {{ local_day("s.sold_at", "t.time_zone") }} else s.sold_at::date end as sold_on,
    coalesce(s.order_id, s.sale_id) as order_id,
    s.customer_id,
    s.product,
    s.quantity,
    s.unit_price,
    s.unit_cost,
    coalesce(s.currency, t.currency) as currency,
    s.currency is null as is_currency_imputed,
    s.country
from {{ source("raw_csv", "sales") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
