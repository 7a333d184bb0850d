-- Pairs that a person took apart: never proposed again, unless the same pair was confirmed later.
select distinct m.tenant_id, m.bank_line_id, 'payment:' || m.payment_id as document_key
from {{ ref("stg_app__bank_matches") }} as m
where m.status = 'undone'
