select tenant_id, match_id, change_no, bank_line_id, payment_id, amount_minor::bigint as amount_minor, currency, status
from {{ source("raw_app", "bank_matches") }}
