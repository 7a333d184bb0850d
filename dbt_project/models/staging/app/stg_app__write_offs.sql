select
    w.tenant_id,
    w.write_off_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    w.change_no,
    w.invoice_id,
    w.written_off_on::date as written_off_on,
    {{ from_minor("w.amount_minor", "c.millionths_per_minor") }} as amount
from {{ source("raw_app", "write_offs") }} as w
left join {{ ref("stg_run__currencies") }} as c using (currency)
