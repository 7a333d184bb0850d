select
    tenant_id,
    obligation_id,
    measured_on::date as measured_on,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    change_no,
    percent_complete::decimal(38, 6) as percent_complete
from {{ source("raw_app", "progress") }}
