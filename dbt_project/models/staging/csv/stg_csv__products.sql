select
    p.tenant_id,
    p.product_id,
    'csv' as source,
    p.file_id,
    p.line,
    null::bigint as change_no,
    p.name,
    p.kind,
    p.standalone_price,
    p.unit_cost,
    coalesce(p.currency, t.currency) as currency,
    p.currency is null as is_currency_imputed,
    p.tax_category,
    p.recognition
from {{ source("raw_csv", "products") }} as p
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
