-- A view: the months are stored once, in minor units, with all that the ledger adds up by. Its relation is named
-- without
-- the file, whose name it outlives. A source that came to another product has a late row of each there, and one here.
{{ config(materialized="view") }}

with
    late as (
        select
            tenant_id,
            source_kind,
            source_id,
            month_index,
            customer_id,
            currency,
            millionths_per_minor,
            sum(recognized_minor)::bigint as recognized_minor,
            0 as recognized_to_date_minor,
            0 as deferred_closing_minor,
            0 as contract_asset_closing_minor,
            true as is_late
        from {{ in_any_file(ref("int_revenue__line_months_posted")) }}
        where is_late
        group by all
    ),

    months as (
        select
            tenant_id,
            source_kind,
            source_id,
            month_index,
            customer_id,
            currency,
            millionths_per_minor,
            recognized_minor,
            recognized_to_date_minor,
            deferred_closing_minor,
            contract_asset_closing_minor,
            is_late
        from {{ in_any_file(ref("int_revenue__line_months_posted")) }}
        where not is_late
        union all
        select *
        from late
    )

select
    tenant_id,
    source_kind,
    source_id,
    {{ month_start("month_index") }} as month,
    customer_id,
    currency,
    {{ money("recognized_minor", "millionths_per_minor") }} as recognized,
    {{ money("recognized_to_date_minor", "millionths_per_minor") }} as recognized_to_date,
    {{ money("deferred_closing_minor", "millionths_per_minor") }} as deferred_closing,
    {{ money("contract_asset_closing_minor", "millionths_per_minor") }} as contract_asset_closing,
    is_late
from months
