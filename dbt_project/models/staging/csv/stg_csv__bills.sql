select
    b.tenant_id,
    b.bill_id,
    'csv' as source,
    b.file_id,
    b.line,
    null::bigint as change_no,
    b.vendor_id,
    b.issued_on,
    b.due_on,
    b.currency,
    {{ to_minor("b.amount", "c.millionths_per_minor") }} as amount_minor,
    b.tax_amount,
    {{ to_minor("b.tax_amount", "c.millionths_per_minor") }} as tax_minor,
    b.category,
    b.department_id,
    b.entity_id
from {{ source("raw_csv", "bills") }} as b
left join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
