-- A statement has no key: identical lines are lines of their own, told apart by where they stand.
select
    b.tenant_id,
    concat_ws('-', b.file_id, b.line) as bank_line_id,
    'csv' as source,
    b.file_id,
    b.line,
    null::bigint as change_no,
    b.posted_on as booked_on,
    coalesce(b.currency, t.currency) as currency,
    b.currency is null as is_currency_imputed,
    {{ to_minor("b.amount", "c.millionths_per_minor") }} as amount_minor,
    null::varchar as customer_id,
    null::varchar as counterparty,
    b.description,
    b.reference
from {{ source("raw_csv", "bank_statement") }} as b
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(b.currency, t.currency)
