select
    tenant_id,
    as_of,
    invoice_id,
    due_on,
    customer_id,
    currency,
    {{ money("outstanding_minor", "millionths_per_minor") }} as outstanding,
    days_past_due,
    bucket
from {{ ref("int_receivables__aging_snapshots") }}
