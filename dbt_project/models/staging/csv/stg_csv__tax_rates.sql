select
    tenant_id,
    jurisdiction,
    kind,
    category,
    valid_from,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    valid_until,
    rate
from {{ source("raw_csv", "tax_rates") }}
