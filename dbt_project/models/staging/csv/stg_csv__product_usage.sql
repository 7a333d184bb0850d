select u.tenant_id, u.customer_id, u.used_on, u.metric, 'csv' as source, u.file_id, u.line, u.quantity
from {{ source("raw_csv", "product_usage") }} as u
semi join {{ ref("stg_run__tenants") }} using (tenant_id)
