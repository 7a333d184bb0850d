select
    a.tenant_id,
    a.payment_id,
    a.invoice_id,
    a.allocated_on::date as allocated_on,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    a.change_no,
    {{ from_minor("a.amount_minor", "c.millionths_per_minor") }} as amount
from {{ source("raw_app", "payment_allocations") }} as a
inner join {{ ref("stg_app__payments") }} as p using (tenant_id, payment_id)
left join {{ ref("stg_run__currencies") }} as c on p.currency = c.currency
