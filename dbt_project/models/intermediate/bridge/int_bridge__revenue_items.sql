-- From what was invoiced to what is revenue: what credit notes and voids took off, and how much more or less of it
-- waits to be earned or to be billed at the month's end.
-- A view: its rows are written once, in revenue_bridge.
{{ config(materialized="view") }}

with
    months as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            sum(credited_minor) as credited_minor,
            sum(recognized_minor) as recognized_minor,
            sum(deferred_closing_minor) as deferred_minor,
            sum(contract_asset_closing_minor) as asset_minor
        from {{ ref("int_revenue__line_months") }}
        group by all
    ),

    changes as (
        select
            *,
            coalesce(lag(month_index) over months = month_index - 1, false) as has_opening,
            lag(deferred_minor) over months as previous_deferred_minor,
            lag(asset_minor) over months as previous_asset_minor
        from months
        window months as (partition by tenant_id, customer_id, currency order by month_index)
    )

select
    tenant_id,
    customer_id,
    currency,
    month_index,
    - credited_minor as credits_minor,
    recognized_minor,
    if(has_opening, previous_deferred_minor, 0) - deferred_minor as deferral_minor,
    asset_minor - if(has_opening, previous_asset_minor, 0) as unbilled_minor
from changes
