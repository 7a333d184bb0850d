-- On an as-of date within the closed months, what is over by then is closed.
with
    ends as (
        select
            c.tenant_id,
            t.as_of,
            least(
                last_day(c.closed_month),
                case when t.as_of = last_day(t.as_of) then t.as_of else date_trunc('month', t.as_of)::date - 1 end
            ) as closed_until
        from {{ source("run", "closed") }} as c
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    )

select
    tenant_id,
    closed_until,
    {{ month_index("closed_until") }} as closed_month,
    closed_until + 1 as first_open_on,
    {{ month_index("closed_until") }} + 1 as first_open_month,
    closed_until < as_of as has_open_month
from ends
