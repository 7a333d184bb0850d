-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

select
    s.tenant_id,
    s.subscription_id,
    coalesce(s.item_id, '') as item_id,
    s.started_on,
    'csv' as source,
    s.file_id,
    s.line,
    null::bigint as change_no,
    s.customer_id,
    s.product_id,
    s.ended_on,
    s.unit_amount,
    coalesce(s.currency, t.currency) as currency,
    s.currency is null as is_currency_imputed,
    s.billing_interval,
    coalesce(s.interval_count, 1) as interval_count,
    coalesce(s.quantity, 1)::decimal(38, 6) as quantity,
    coalesce(s.discount_percent, 0)::decimal(38, 6) as discount_percent,
    s.discount_ends_on,
    s.trial_ends_on,
    s.signed_on,
    s.cancel_requested_on,
    s.churn_reason,
    s.paused_from,
    s.paused_until,
    s.minimum_commitment
from {{ source("raw_csv", "subscriptions") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
