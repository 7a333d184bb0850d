-- A view: the months are stored once, in minor units, with all that the ledger adds up by. Its relation is named
-- without
-- the file, whose name it outlives.
{{ config(materialized="view") }}

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
    {{ money("contract_asset_closing_minor", "millionths_per_minor") }} as contract_asset_closing
from {{ in_any_file(ref("int_revenue__line_months")) }}
