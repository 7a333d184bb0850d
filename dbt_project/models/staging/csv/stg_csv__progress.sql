select
    tenant_id, obligation_id, measured_on, 'csv' as source, file_id, line, null::bigint as change_no, percent_complete
from {{ source("raw_csv", "progress") }}
