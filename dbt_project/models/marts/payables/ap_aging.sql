select
    tenant_id,
    as_of,
    bill_id,
    due_on,
    vendor_id,
    currency,
    {{ money("outstanding_minor", "millionths_per_minor") }} as outstanding,
    days_past_due,
    bucket
from {{ ref("int_payables__aging_snapshots") }}
