-- The opening is what the month before closed with, not a difference, so that the identity can fail.
with
    months as (
        select
            tenant_id,
            currency,
            month_index,
            any_value(millionths_per_minor) as millionths_per_minor,
            sum(billed_minor) as billed_minor,
            sum(recognized_minor) as recognized_minor,
            sum(deferred_modified_minor) as modified_minor,
            sum(credited_minor) as credited_minor,
            sum(deferred_closing_minor) as closing_minor,
            sum(contract_asset_closing_minor) as contract_asset_minor
        from {{ ref("int_revenue__line_months_posted") }}
        group by tenant_id, currency, month_index
    ),

    opened as (
        select
            *,
            lag(month_index) over earlier = month_index - 1 as follows,
            case when follows then lag(closing_minor) over earlier else 0 end as opening_minor,
            case when follows then lag(contract_asset_minor) over earlier else 0 end as opening_asset_minor
        from months
        window earlier as (partition by tenant_id, currency order by month_index)
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
    currency,
    {{ money("opening_minor", "millionths_per_minor") }} as opening,
    {{ money("billed_minor", "millionths_per_minor") }} as billed,
    {{
        money(
            "recognized_minor - contract_asset_minor + opening_asset_minor + modified_minor", "millionths_per_minor"
        )
    }} as recognized,
    {{ money("credited_minor", "millionths_per_minor") }} as credited,
    {{ money("modified_minor", "millionths_per_minor") }} as modified,
    {{ money("0", "millionths_per_minor") }} as fx,
    {{ money("closing_minor", "millionths_per_minor") }} as closing,
    {{ money("contract_asset_minor", "millionths_per_minor") }} as contract_asset_closing,
    {{ money("recognized_minor", "millionths_per_minor") }} as revenue
from opened
