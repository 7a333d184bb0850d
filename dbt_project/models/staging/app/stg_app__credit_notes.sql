select
    n.tenant_id,
    n.credit_note_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    n.change_no,
    n.customer_id,
    n.invoice_id,
    n.issued_on::date as issued_on,
    n.applied_on::date as applied_on,
    n.currency,
    false as is_currency_imputed,
    {{ from_minor("n.amount_minor", "c.millionths_per_minor") }} as amount,
    n.amount_minor::bigint as amount_minor,
    n.tax_minor::bigint as tax_minor,
    p.reason
from {{ source("raw_app", "credit_notes") }} as n
left join {{ source("raw_app", "credit_notes_personal") }} as p using (tenant_id, credit_note_id)
left join {{ ref("stg_run__currencies") }} as c using (currency)
