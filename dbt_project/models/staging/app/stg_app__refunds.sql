-- Money that went back. A charge-back that was won is none: the bank gave the money back.
select
    r.tenant_id,
    r.refund_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    r.change_no,
    r.payment_id,
    r.invoice_id,
    r.refunded_on::date as refunded_on,
    r.kind,
    r.status,
    {{ from_minor("r.amount_minor", "c.millionths_per_minor") }} as amount
from {{ source("raw_app", "refunds") }} as r
left join {{ ref("stg_run__currencies") }} as c using (currency)
where r.status in ('succeeded', 'open', 'lost')
