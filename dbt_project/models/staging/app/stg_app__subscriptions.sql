-- The core keeps one signature and one cancellation per subscription, the CSV contract one per row: the signature
-- belongs to an item's first period and the cancellation to its last, so that neither counts twice.
with
    periods as (
        select *, started_on = min(started_on) over item as is_first, started_on = max(started_on) over item as is_last
        from {{ source("raw_app", "subscription_periods") }}
        window item as (partition by tenant_id, subscription_id, item_id)
    )

select
    p.tenant_id,
    p.subscription_id,
    p.item_id,
    p.started_on::date as started_on,
    'app' as source,
    null::varchar as file_id,
    null::bigint as line,
    p.change_no,
    s.customer_id,
    p.product_id,
    p.ended_on::date as ended_on,
    {{ from_minor("p.unit_amount_minor", "c.millionths_per_minor") }} as unit_amount,
    coalesce(s.currency, t.currency) as currency,
    s.currency is null as is_currency_imputed,
    p.billing_interval,
    coalesce(p.interval_count, 1)::bigint as interval_count,
    coalesce(p.quantity::decimal(38, 6), 1) as quantity,
    coalesce(p.discount_percent::decimal(38, 6), 0) as discount_percent,
    p.discount_ends_on::date as discount_ends_on,
    p.trial_ends_on::date as trial_ends_on,
    case when p.is_first then s.signed_on::date end as signed_on,
    case when p.is_last then s.cancel_requested_on::date end as cancel_requested_on,
    case when p.is_last then s.churn_reason end as churn_reason,
    p.paused_from::date as paused_from,
    p.paused_until::date as paused_until,
    {{ from_minor("p.minimum_commitment_minor", "c.millionths_per_minor") }} as minimum_commitment
from periods as p
inner join {{ source("raw_app", "subscriptions") }} as s using (tenant_id, subscription_id)
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on c.currency = coalesce(s.currency, t.currency)
