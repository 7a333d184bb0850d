select
    o.tenant_id,
    o.obligation_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    o.change_no,
    o.contract_id,
    o.product_id,
    {{ from_minor("o.standalone_price_minor", "c.millionths_per_minor") }} as standalone_price,
    o.recognition,
    o.starts_on::date as starts_on,
    o.ends_on::date as ends_on,
    o.transferred_on::date as transferred_on
from {{ source("raw_app", "obligations") }} as o
inner join {{ source("raw_app", "contracts") }} as k using (tenant_id, contract_id)
left join {{ ref("stg_run__currencies") }} as c on k.currency = c.currency
