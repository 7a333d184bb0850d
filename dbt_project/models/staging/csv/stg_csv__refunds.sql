select
    tenant_id,
    refund_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    payment_id,
    invoice_id,
    refunded_on,
    coalesce(kind, 'refund') as kind,
    amount
from {{ source("raw_csv", "refunds") }}
