select tenant_id, invoice_id, due_on, 'csv' as source, file_id, line, null::bigint as change_no, amount
from {{ source("raw_csv", "invoice_instalments") }}
