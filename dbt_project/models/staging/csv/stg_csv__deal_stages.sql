select
    s.tenant_id,
    s.deal_id,
    s.stage,
    {{ to_utc("s.entered_at", "s.entered_at_is_utc", "t.time_zone") }} as entered_at,
    'csv' as source,
    s.file_id,
    s.line,
    null::bigint as change_no
from {{ source("raw_csv", "deal_stages") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
