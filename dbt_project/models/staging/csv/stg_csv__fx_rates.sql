select tenant_id, rate_on, base, quote, 'csv' as source, file_id, line, null::bigint as change_no, rate
from {{ source("raw_csv", "fx_rates") }}
