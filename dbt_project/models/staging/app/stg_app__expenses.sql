select
    e.tenant_id,
    e.expense_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    e.change_no,
    e.spent_on::date as spent_on,
    e.currency,
    {{ from_minor("e.amount_minor", "c.millionths_per_minor") }} as amount,
    e.amount_minor::bigint as amount_minor,
    {{ from_minor("e.tax_amount_minor", "c.millionths_per_minor") }} as tax_amount,
    e.tax_amount_minor::bigint as tax_amount_minor,
    e.category,
    p.vendor,
    e.department_id,
    p.description
from {{ source("raw_app", "expenses") }} as e
inner join {{ ref("stg_run__tenants") }} using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on e.currency = c.currency
left join {{ source("raw_app", "expenses_personal") }} as p using (tenant_id, expense_id)
