-- MRR at the ends of closed months as it was frozen and as late facts have it, in its currencies and, by today's
-- rates, in
-- the reporting currency. A difference is posted in the month after the last of those in a row that have one: that is
-- the first open month in which it was known.
with
    fresh as (
        select m.tenant_id, m.currency, m.month_index, m.net_mrr, t.reporting_currency, r.numerator, r.denominator
        from {{ ref("int_mrr__customer_months") }} as m
        inner join {{ ref("stg_run__tenants") }} as t on m.tenant_id = t.tenant_id
        left join
            {{ ref("int_fx__rates") }} as r
            on m.tenant_id = r.tenant_id
            and m.currency = r.currency
            and r.rate_on = {{ snapshot_on("m.month_index", "t.as_of") }}
        semi join
            {{ ref("stg_run__closed") }} as closed
            on m.tenant_id = closed.tenant_id
            and m.month_index <= closed.closed_month
        where m.net_mrr > 0
    ),

    figures as (
        select tenant_id, 'mrr' as figure, currency, month_index, 0 as closed_mrr, net_mrr as late_mrr
        from fresh
        union all
        select tenant_id, 'mrr', currency, month_index, net_mrr, 0
        from {{ ref("int_mrr__customer_months_closed") }}
        union all
        select
            tenant_id,
            'mrr_reporting',
            reporting_currency,
            month_index,
            0,
            {{ convert("net_mrr", "numerator", "denominator") }}
        from fresh
        union all
        select f.tenant_id, 'mrr_reporting', t.reporting_currency, {{ month_index("f.month") }}, f.mrr * 10000, 0
        from ({{ closed_rows("revenue_metrics", "month") }}) as f
        inner join {{ ref("stg_run__tenants") }} as t on f.tenant_id = t.tenant_id
    ),

    differing as (
        select tenant_id, figure, currency, month_index, sum(closed_mrr) as closed_mrr, sum(late_mrr) as late_mrr
        from figures
        group by all
        having sum(closed_mrr) <> sum(late_mrr)
    ),

    in_rows as (
        select
            *, month_index - row_number() over (partition by tenant_id, figure, currency order by month_index) as island
        from differing
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
    'revenue_metrics' as table_name,
    figure,
    currency,
    {{ money4("closed_mrr") }} as closed_value,
    {{ money4("late_mrr") }} as late_value,
    {{ money4("late_mrr - closed_mrr") }} as difference,
    {{ month_start("max(month_index) over (partition by tenant_id, figure, currency, island) + 1") }} as posted_month
from in_rows
