select
    tenant_id,
    time_zone,
    currency,
    reporting_currency,
    gross_margin::decimal(9, 6) as gross_margin,
    as_of,
    {{ month_index("as_of") }} as as_of_month
from {{ source("run", "tenants") }}
