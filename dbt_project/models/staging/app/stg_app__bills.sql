select
    b.tenant_id,
    b.bill_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    b.change_no,
    b.vendor_id,
    b.issued_on::date as issued_on,
    b.due_on::date as due_on,
    b.currency,
    b.amount_minor::bigint as amount_minor,
    b.tax_minor::bigint as tax_minor,
    b.category,
    b.department_id,
    b.entity_id
from {{ source("raw_app", "bills") }} as b
