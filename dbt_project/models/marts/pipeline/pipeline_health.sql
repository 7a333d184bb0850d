with
    months as (
        select
            c.*,
            coalesce(v.open_amount, 0) as open_amount,
            coalesce(v.weighted_amount, 0) as weighted_amount,
            coalesce(v.closing_amount, 0) as closing_amount,
            coalesce(v.won_amount, 0) as won_amount,
            coalesce(v.lost_amount, 0) as lost_amount,
            coalesce(v.won_deals_with_amount, 0) as won_deals_with_amount,
            (g.target_reporting * 10000)::hugeint as target,
            t.as_of,
            t.as_of_month
        from {{ ref("int_pipeline__month_counts") }} as c
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        left join {{ ref("int_pipeline__month_values") }} as v using (tenant_id, month_index)
        left join
            {{ ref("pipeline_targets") }} as g
            on c.tenant_id = g.tenant_id
            and {{ month_index("g.month") }} = c.month_index
    )

select
    tenant_id,
    {{ month_start("month_index") }} as month,
    open_deals,
    {{ money4("open_amount") }} as open_amount,
    {{ money4("weighted_amount") }} as weighted_amount,
    created_deals,
    won_deals,
    lost_deals,
    {{ money4("won_amount") }} as won_amount,
    {{ money4("lost_amount") }} as lost_amount,
    {{ ratio("won_deals", "won_deals + lost_deals") }} as win_rate,
    case
        when won_deals_with_amount > 0 then {{ money4(divide_half_up("won_amount", "won_deals_with_amount")) }}
    end as average_won_value,
    cycle_half_days / 2 as median_cycle_days,
    case
        when won_deals_with_amount > 0 and cycle_half_days > 0
        then
            {{
                money4(
                    divide_half_up(
                        "2 * open_deals * won_deals * won_amount",
                        "(won_deals + lost_deals) * won_deals_with_amount * cycle_half_days",
                    )
                )
            }}
    end as velocity,
    {{ money4("target") }} as target,
    case when target > won_amount then {{ ratio("closing_amount", "target - won_amount") }} end as coverage,
    month_index = as_of_month and as_of < last_day(as_of) as is_partial
from months
