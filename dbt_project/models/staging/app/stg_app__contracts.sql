select
    k.tenant_id,
    k.contract_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    k.change_no,
    k.customer_id,
    k.signed_on::date as signed_on,
    k.starts_on::date as starts_on,
    k.ends_on::date as ends_on,
    k.currency,
    k.total_amount_minor::bigint as total_minor,
    k.type,
    k.cancellable_from::date as cancellable_from,
    k.entity_id
from {{ source("raw_app", "contracts") }} as k
