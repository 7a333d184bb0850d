select
    c.tenant_id,
    c.customer_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    c.change_no,
    p.name,
    c.country,
    c.region,
    c.segment,
    c.industry,
    c.acquisition_channel,
    c.created_on::date as created_on,
    c.parent_customer_id,
    p.vat_number,
    coalesce(c.currency, t.currency) as currency,
    c.currency is null as is_currency_imputed,
    coalesce(c.time_zone, t.time_zone) as time_zone
from {{ source("raw_app", "customers") }} as c
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ source("raw_app", "customer_profiles") }} as p using (tenant_id, customer_id)
