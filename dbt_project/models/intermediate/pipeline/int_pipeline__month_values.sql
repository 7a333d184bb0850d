-- The month's amounts in the reporting currency, in ten-thousandths, each currency rounded once.
with
    valued as (
        select
            a.tenant_id,
            a.month_index,
            a.figure,
            a.deals,
            case
                when a.amount_minor = 0
                then 0
                else
                    {{
                        divide_half_up(
                            "a.amount_minor::hugeint * divide(c.millionths_per_minor, 100) * r.numerator",
                            "r.denominator",
                        )
                    }}
            end as amount
        from {{ ref("int_pipeline__month_amounts") }} as a
        inner join {{ ref("stg_run__currencies") }} as c using (currency)
        left join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
    )

select
    tenant_id,
    month_index,
    coalesce(sum(amount) filter (where figure = 'open'), 0) as open_amount,
    coalesce(sum(amount) filter (where figure = 'weighted'), 0) as weighted_amount,
    coalesce(sum(amount) filter (where figure = 'closing'), 0) as closing_amount,
    coalesce(sum(amount) filter (where figure = 'won'), 0) as won_amount,
    coalesce(sum(amount) filter (where figure = 'lost'), 0) as lost_amount,
    coalesce(sum(deals) filter (where figure = 'won'), 0) as won_deals_with_amount
from valued
group by all
