select
    u.tenant_id,
    {{ snapshot_on("u.month_index", "t.as_of") }} as as_of,
    u.vendor_id,
    u.currency,
    {{ money("u.unapplied_minor", "c.millionths_per_minor") }} as unapplied
from {{ ref("int_payables__unapplied_snapshots") }} as u
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
inner join {{ ref("stg_run__currencies") }} as c on u.currency = c.currency
