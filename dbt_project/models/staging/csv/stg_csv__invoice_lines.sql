-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

-- A line has no currency of its own: its amounts become minor units where it meets its invoice.
select
    tenant_id,
    line_id,
    'csv' as source,
    file_id,
    line,
    null::bigint as change_no,
    invoice_id,
    product_id,
    description,
    coalesce(quantity, 1)::decimal(38, 6) as quantity,
    unit_amount,
    discount_amount,
    net_amount,
    tax_rate,
    tax_amount,
    tax_code,
    service_starts_on,
    service_ends_on,
    obligation_id
from {{ source("raw_csv", "invoice_lines") }}
