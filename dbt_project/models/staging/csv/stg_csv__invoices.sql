-- A view: its rows are written once, where they meet those of the core.
{{ config(materialized="view") }}

select
    i.tenant_id,
    i.invoice_id,
    'csv' as source,
    i.file_id,
    i.line,
    null::bigint as change_no,
    i.customer_id,
    i.subscription_id,
    i.deal_id,
    i.contract_id,
    i.entity_id,
    i.number,
    i.issued_on,
    i.due_on,
    coalesce(i.currency, t.currency) as currency,
    i.currency is null as is_currency_imputed,
    i.status,
    i.voided_on,
    i.ship_to_country,
    i.ship_to_region
from {{ source("raw_csv", "invoices") }} as i
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
