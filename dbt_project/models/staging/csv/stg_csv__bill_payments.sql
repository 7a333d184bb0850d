select tenant_id, bill_payment_id, 'csv' as source, file_id, line, null::bigint as change_no, bill_id, paid_on, amount
from {{ source("raw_csv", "bill_payments") }}
