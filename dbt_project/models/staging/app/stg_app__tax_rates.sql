select
    tenant_id,
    jurisdiction,
    kind,
    category,
    valid_from::date as valid_from,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    change_no,
    valid_until::date as valid_until,
    rate::decimal(38, 12) as rate
from {{ source("raw_app", "tax_rates") }}
