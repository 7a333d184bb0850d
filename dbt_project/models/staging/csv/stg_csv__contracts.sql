select
    k.tenant_id,
    k.contract_id,
    'csv' as source,
    k.file_id,
    k.line,
    null::bigint as change_no,
    k.customer_id,
    k.signed_on,
    k.starts_on,
    k.ends_on,
    k.currency,
    {{ to_minor("k.total_amount", "c.millionths_per_minor") }} as total_minor,
    k.type,
    k.cancellable_from,
    k.entity_id
from {{ source("raw_csv", "contracts") }} as k
left join {{ ref("stg_run__currencies") }} as c on k.currency = c.currency
