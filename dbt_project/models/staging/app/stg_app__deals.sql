select
    d.tenant_id,
    d.deal_id,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    d.change_no,
    d.customer_id,
    v.name,
    v.owner,
    d.product_id,
    d.stage,
    coalesce(d.currency, t.currency) as currency,
    d.currency is null as is_currency_imputed,
    {{ from_minor("d.amount_minor", "c.millionths_per_minor") }} as amount,
    d.amount_minor::bigint as amount_minor,
    d.risk,
    d.discount_percent::decimal(38, 6) as discount_percent,
    d.payment_terms_days::bigint as payment_terms_days,
    d.channel,
    d.competitor,
    d.created_at::timestamp as created_at,
    d.first_touch_at::timestamp as first_touch_at,
    d.quote_sent_at::timestamp as quote_sent_at,
    d.signed_at::timestamp as signed_at,
    d.paid_at::timestamp as paid_at,
    d.closed_on::date as closed_on,
    d.expected_close_on::date as expected_close_on,
    v.close_reason
from {{ source("raw_app", "deals") }} as d
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ source("raw_app", "deals_personal") }} as v using (tenant_id, deal_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(d.currency, t.currency)
