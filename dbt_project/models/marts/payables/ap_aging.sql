{{
    config(
        post_hook="{{ create_aging_as_of('ap_aging_as_of', 'int_payables__events', 'int_payables__bill_parts', 'bill_id', 'vendor_id') }}"
    )
}}
-- depends_on: {{ ref('int_payables__events') }}
-- depends_on: {{ ref('int_payables__bill_parts') }}
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
