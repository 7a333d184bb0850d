{{
    config(
        post_hook="{{ create_aging_as_of('ar_aging_as_of', 'int_receivables__events', 'int_receivables__invoice_parts', 'invoice_id', 'customer_id') }}"
    )
}}
-- depends_on: {{ ref('int_receivables__events') }}
-- depends_on: {{ ref('int_receivables__invoice_parts') }}
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
