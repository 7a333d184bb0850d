with
    rates as (
        select
            max(loss_rate) filter (where bucket = 'current') as r_current,
            max(loss_rate) filter (where bucket = '1-30') as r_1_30,
            max(loss_rate) filter (where bucket = '31-60') as r_31_60,
            max(loss_rate) filter (where bucket = '61-90') as r_61_90,
            max(loss_rate) filter (where bucket = '91-120') as r_91_120,
            max(loss_rate) filter (where bucket = '120+') as r_120_plus
        from {{ ref("ar_loss_rates") }}
    ),

    summary as (
        select
            t.*,
            c.millionths_per_minor,
            d.dso_countback,
            {{ ratio("greatest(t.total_minor, 0) * 90", "s.sales_minor") }} as dso_simple,
            (
                t.current_minor * r.r_current
                + t.d1_30_minor * r.r_1_30
                + t.d31_60_minor * r.r_31_60
                + t.d61_90_minor * r.r_61_90
                + t.d91_120_minor * r.r_91_120
                + t.d120_plus_minor * r.r_120_plus
            ) as expected_loss_minor
        from {{ ref("int_receivables__totals") }} as t
        cross join rates as r
        inner join {{ ref("stg_run__currencies") }} as c on t.currency = c.currency
        left join
            {{ ref("int_receivables__dso_countback") }} as d
            on t.tenant_id = d.tenant_id
            and t.currency = d.currency
            and t.month_index = d.month_index
        left join
            {{ ref("int_receivables__sales_90d") }} as s
            on t.tenant_id = s.tenant_id
            and t.currency = s.currency
            and t.month_index = s.month_index
            {{ open_only("t", "as_of") }}
    )

select
    tenant_id,
    as_of,
    currency,
    {{ money("current_minor", "millionths_per_minor") }} as current,
    {{ money("d1_30_minor", "millionths_per_minor") }} as d1_30,
    {{ money("d31_60_minor", "millionths_per_minor") }} as d31_60,
    {{ money("d61_90_minor", "millionths_per_minor") }} as d61_90,
    {{ money("d91_120_minor", "millionths_per_minor") }} as d91_120,
    {{ money("d120_plus_minor", "millionths_per_minor") }} as d120_plus,
    {{ money("unapplied_minor", "millionths_per_minor") }} as unapplied,
    {{ money("total_minor", "millionths_per_minor") }} as total,
    dso_countback,
    dso_simple,
    {{ money(divide_half_up("(expected_loss_minor * 1000000)::hugeint", "1000000"), "millionths_per_minor") }}
    as allowance
from summary
union all by name
{{ closed_rows("ar_aging_summary", "as_of") }}
