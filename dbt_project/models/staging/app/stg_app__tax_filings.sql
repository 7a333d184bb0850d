select
    tenant_id,
    filing_id,
    change_no,
    jurisdiction,
    period_starts_on::date as period_starts_on,
    period_ends_on::date as period_ends_on,
    currency,
    due_on::date as due_on,
    status,
    filed_on::date as filed_on,
    paid_on::date as paid_on
from {{ source("raw_app", "tax_filings") }}
