-- Invoices by the month of their issue, with tax, from their totals.
-- A view: its rows are written once, in revenue_bridge.
{{ config(materialized="view") }}

select
    i.tenant_id,
    i.customer_id,
    i.currency,
    {{ month_index("i.issued_on") }} as month_index,
    sum(i.total_minor) as invoiced_minor
from {{ ref("int_receivables__invoices_totalled") }} as i
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where i.issued_on <= t.as_of
group by all
