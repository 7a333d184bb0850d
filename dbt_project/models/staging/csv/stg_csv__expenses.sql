select
    e.tenant_id,
    e.expense_id,
    'csv' as source,
    e.file_id,
    e.line,
    null::bigint as change_no,
    e.spent_on,
    e.currency,
    e.amount,
    {{ to_minor("e.amount", "c.millionths_per_minor") }} as amount_minor,
    e.tax_amount,
    {{ to_minor("e.tax_amount", "c.millionths_per_minor") }} as tax_amount_minor,
    e.category,
    e.vendor,
    e.department_id,
    e.description
from {{ source("raw_csv", "expenses") }} as e
inner join {{ ref("stg_run__tenants") }} using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on e.currency = c.currency
