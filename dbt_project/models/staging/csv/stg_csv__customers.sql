select
    c.tenant_id,
    c.customer_id,
    'csv' as source,
    c.file_id,
    c.line,
    null::bigint as change_no,
    c.name,
    c.country,
    c.region,
    c.segment,
    c.industry,
    c.acquisition_channel,
    c.created_on,
    c.parent_customer_id,
    c.vat_number,
    coalesce(c.currency, t.currency) as currency,
    c.currency is null as is_currency_imputed,
    coalesce(c.time_zone, t.time_zone) as time_zone
from {{ source("raw_csv", "customers") }} as c
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
