select
    tenant_id,
    entity_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    name,
    currency,
    parent_entity_id,
    ownership_percent,
    country
from {{ source("raw_csv", "entities") }}
