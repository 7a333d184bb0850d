select
    p.tenant_id,
    p.bill_payment_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    p.change_no,
    p.bill_id,
    p.paid_on::date as paid_on,
    {{ from_minor("p.amount_minor", "c.millionths_per_minor") }} as amount
from {{ source("raw_app", "bill_payments") }} as p
inner join {{ source("raw_app", "bills") }} as b using (tenant_id, bill_id)
left join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
