-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

select
    tenant_id, payment_id, invoice_id, allocated_on, 'csv' as source, file_id, line, null::bigint as change_no, amount
from {{ source("raw_csv", "payment_allocations") }}
