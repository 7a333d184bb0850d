select
    m.tenant_id,
    m.modification_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    m.change_no,
    m.contract_id,
    m.obligation_id,
    m.effective_on::date as effective_on,
    {{ from_minor("m.price_change_minor", "c.millionths_per_minor") }} as price_change,
    m.is_distinct = 1 as is_distinct,
    m.is_at_standalone_price = 1 as is_at_standalone_price,
    m.new_ends_on::date as new_ends_on,
    {{ from_minor("m.added_standalone_price_minor", "c.millionths_per_minor") }} as added_standalone_price
from {{ source("raw_app", "contract_modifications") }} as m
inner join {{ source("raw_app", "contracts") }} as k using (tenant_id, contract_id)
left join {{ ref("stg_run__currencies") }} as c on k.currency = c.currency
