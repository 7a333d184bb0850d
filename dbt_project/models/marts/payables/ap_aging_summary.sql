select
    t.tenant_id,
    t.as_of,
    t.currency,
    {{ money("t.current_minor", "c.millionths_per_minor") }} as current,
    {{ money("t.d1_30_minor", "c.millionths_per_minor") }} as d1_30,
    {{ money("t.d31_60_minor", "c.millionths_per_minor") }} as d31_60,
    {{ money("t.d61_90_minor", "c.millionths_per_minor") }} as d61_90,
    {{ money("t.d91_120_minor", "c.millionths_per_minor") }} as d91_120,
    {{ money("t.d120_plus_minor", "c.millionths_per_minor") }} as d120_plus,
    {{ money("t.unapplied_minor", "c.millionths_per_minor") }} as unapplied,
    {{ money("t.total_minor", "c.millionths_per_minor") }} as total
from {{ ref("int_payables__totals") }} as t
inner join {{ ref("stg_run__currencies") }} as c using (currency)
