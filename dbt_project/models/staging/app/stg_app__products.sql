select
    p.tenant_id,
    p.product_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    p.change_no,
    p.name,
    p.kind,
    {{ from_minor("p.standalone_price_minor", "c.millionths_per_minor") }} as standalone_price,
    {{ from_minor("p.unit_cost_minor", "c.millionths_per_minor") }} as unit_cost,
    coalesce(p.currency, t.currency) as currency,
    p.currency is null as is_currency_imputed,
    p.tax_category,
    p.recognition
from {{ source("raw_app", "products") }} as p
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(p.currency, t.currency)
