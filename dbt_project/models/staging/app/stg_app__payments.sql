select
    p.tenant_id,
    p.payment_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    p.change_no,
    p.customer_id,
    null::varchar as invoice_id,
    p.received_on::date as received_on,
    coalesce(p.currency, t.currency) as currency,
    p.currency is null as is_currency_imputed,
    {{ from_minor("p.amount_minor", "c.millionths_per_minor") }} as amount,
    p.amount_minor::bigint as amount_minor,
    coalesce(p.status, 'succeeded') as status,
    p.method,
    v.reference
from {{ source("raw_app", "payments") }} as p
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ source("raw_app", "payments_personal") }} as v using (tenant_id, payment_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(p.currency, t.currency)
