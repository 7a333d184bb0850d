select
    b.tenant_id,
    b.bank_line_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    b.change_no,
    b.booked_on::date as booked_on,
    b.currency,
    false as is_currency_imputed,
    b.amount_minor::bigint as amount_minor,
    b.customer_id,
    p.counterparty,
    p.description,
    p.reference
from {{ source("raw_app", "bank_lines") }} as b
left join {{ source("raw_app", "bank_lines_personal") }} as p using (tenant_id, bank_line_id)
