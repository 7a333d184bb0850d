-- The taxes of a line one by one where it bears more than one kind, and each one's jurisdiction and rate.
select
    tenant_id,
    line_id,
    change_no,
    jurisdiction,
    kind,
    rate::decimal(38, 12) as rate,
    tax_minor::bigint as tax_minor,
    tax_code
from {{ source("raw_app", "invoice_line_taxes") }}
