select tenant_id, entity_id, currency, kind, source_id, sum(debit) as debit, sum(credit) as credit
from {{ ref("journal_entries") }}
group by all
having sum(debit) <> sum(credit)
