select
    tenant_id,
    write_off_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    invoice_id,
    written_off_on,
    amount
from {{ source("raw_csv", "write_offs") }}
