select
    tenant_id,
    modification_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    contract_id,
    obligation_id,
    effective_on,
    price_change,
    is_distinct,
    is_at_standalone_price,
    new_ends_on,
    added_standalone_price
from {{ source("raw_csv", "contract_modifications") }}
