select
    s.tenant_id,
    s.invoice_id,
    s.due_on::date as due_on,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    s.change_no,
    {{ from_minor("s.amount_minor", "c.millionths_per_minor") }} as amount
from {{ source("raw_app", "invoice_instalments") }} as s
inner join {{ source("raw_app", "invoices") }} as i using (tenant_id, invoice_id)
left join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
