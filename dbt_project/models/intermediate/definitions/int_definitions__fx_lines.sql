-- ChartMogul keeps the rate of the day on which the running service period began; known here are the rates of
-- month-ends, so it is that month's. Where none was stored for it, the snapshot's own rate stands on both sides.
-- A view: its rows are written once, in metric_definition_differences.
{{ config(materialized="view") }}

with
    items as (
        select
            s.tenant_id,
            s.customer_id,
            s.currency,
            s.net_mrr,
            greatest(s.started_on, coalesce(i.trial_ends_on, s.started_on)) as anchor_on,
            case i.billing_interval when 'quarter' then 3 when 'year' then 12 else 1 end * i.interval_count as months,
            {{ month_index("s.valid_from") }} as first_month,
            {{ first_month_after("s.valid_to", "t.as_of") }} as end_month,
            t.as_of
        from {{ ref("int_mrr__segments") }} as s
        inner join {{ ref("int_mrr__items_dated") }} as i using (tenant_id, subscription_id, item_id, started_on)
        inner join {{ ref("stg_run__tenants") }} as t on s.tenant_id = t.tenant_id
        where
            s.net_mrr > 0
            and i.product_kind <> 'usage'
            and s.currency <> t.reporting_currency
            and s.valid_from <= t.as_of
            and i.billing_interval in ('month', 'quarter', 'year')
    ),

    monthly as (
        select *, {{ month_index("anchor_on") }} as anchor_month, unnest(range(first_month, end_month)) as month_index
        from items
        where first_month < end_month
    ),

    counted as (
        select
            *,
            divide(month_index - anchor_month, months) - case
                when
                    (anchor_on + to_months((divide(month_index - anchor_month, months) * months)::integer))::date
                    > {{ snapshot_on("month_index", "as_of") }}
                then 1
                else 0
            end as periods
        from monthly
    ),

    groups as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            anchor_month + periods * months as period_month,
            sum(net_mrr) as mrr
        from counted
        group by all
    ),

    valued as (
        select
            g.tenant_id,
            g.customer_id,
            g.currency,
            g.month_index,
            sum(
                {{ convert("g.mrr", "coalesce(p.numerator, r.numerator)", "coalesce(p.denominator, r.denominator)") }}
            ) as their_reporting,
            {{ convert("sum(g.mrr)", "min(r.numerator)", "min(r.denominator)") }} as our_reporting
        from groups as g
        inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
        left join
            {{ ref("int_fx__month_rates") }} as p
            on g.tenant_id = p.tenant_id
            and g.currency = p.currency
            and g.period_month = p.month_index
        group by all
    )

select
    tenant_id,
    'chartmogul' as definition,
    customer_id,
    currency,
    month_index,
    'fx_rate' as reason,
    their_reporting - our_reporting as amount
from valued
where their_reporting <> our_reporting
