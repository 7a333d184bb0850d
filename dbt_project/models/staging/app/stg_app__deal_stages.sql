select
    s.tenant_id,
    s.deal_id,
    s.stage,
    s.entered_at::timestamp as entered_at,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    s.change_no
from {{ source("raw_app", "deal_stages") }} as s
inner join {{ ref("stg_run__tenants") }} using (tenant_id)
