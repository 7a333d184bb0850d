-- Revenue accounts by customer, as the journals have them.
-- A view: its rows are written once, in revenue_bridge.
{{ config(materialized="view") }}

select tenant_id, customer_id, currency, period, sum(credit - debit) as ledger_revenue
from {{ ref("journal_entries") }}
where purpose = 'revenue' and kind = 'recognition'
group by all
having sum(credit - debit) <> 0
