-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

select
    p.tenant_id,
    p.payment_id,
    'csv' as source,
    p.file_id,
    p.line,
    null::bigint as change_no,
    p.customer_id,
    p.invoice_id,
    p.received_on,
    coalesce(p.currency, t.currency) as currency,
    p.currency is null as is_currency_imputed,
    p.amount,
    {{ to_minor("p.amount", "c.millionths_per_minor") }} as amount_minor,
    coalesce(p.status, 'succeeded') as status,
    p.method,
    p.reference
from {{ source("raw_csv", "payments") }} as p
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(p.currency, t.currency)
