select tenant_id, entity_id, period, kind as activity, currency, sum(debit - credit)::decimal(28, 4) as amount
from {{ ref("journal_entries") }}
where purpose = 'cash'
group by all
having sum(debit - credit) <> 0
