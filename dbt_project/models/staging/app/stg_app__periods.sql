select tenant_id, (month || '-01')::date as month, change_no, status, closed_at, reopened_at
from {{ source("raw_app", "periods") }}
