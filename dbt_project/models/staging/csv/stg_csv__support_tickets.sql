select
    s.tenant_id,
    s.ticket_id,
    'csv' as source,
    s.file_id,
    s.line,
    s.customer_id,
    case
        when s.opened_at_is_utc then {{ local_day("s.opened_at", "t.time_zone") }} else s.opened_at::date
    end as opened_on,
    case
        when s.closed_at_is_utc then {{ local_day("s.closed_at", "t.time_zone") }} else s.closed_at::date
    end as closed_on,
    s.priority,
    s.satisfaction
from {{ source("raw_csv", "support_tickets") }} as s
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
