select
    tenant_id,
    obligation_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    contract_id,
    product_id,
    standalone_price,
    recognition,
    starts_on,
    ends_on,
    transferred_on
from {{ source("raw_csv", "obligations") }}
