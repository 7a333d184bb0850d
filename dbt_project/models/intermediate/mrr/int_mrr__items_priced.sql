-- What a subscription row is worth a month, in ten-thousandths of a currency unit: one rounding per item.
-- A view: its rows are written once, in int_mrr__items_dated.
{{ config(materialized="view") }}

with
    items as (
        select
            s.*,
            coalesce(p.kind, 'subscription') as product_kind,
            case
                when p.kind = 'one_time'
                then 0::decimal(38, 6)
                when p.kind = 'usage'
                then coalesce(s.minimum_commitment, 0)
                else s.unit_amount
            end as recurring_amount,
            case when p.kind = 'usage' then 1::decimal(38, 6) else s.quantity end as recurring_quantity,
            case when p.kind = 'usage' then 0::decimal(38, 6) else s.discount_percent end as recurring_discount,
            case s.billing_interval when 'day' then 365 when 'week' then 52 else 1 end as factor,
            case s.billing_interval when 'month' then 1 when 'quarter' then 3 else 12 end * s.interval_count as divisor,
            c.exponent
        from {{ ref("int_mrr__subscriptions_unioned") }} as s
        left join {{ ref("int_mrr__products_unioned") }} as p using (tenant_id, product_id)
        left join {{ ref("stg_run__currencies") }} as c on s.currency = c.currency
    ),

    judged as (
        select
            *,
            case
                when exponent is null
                then 'unknown_currency'
                when ended_on < started_on
                then 'ends_before_start'
                when interval_count < 1
                then 'interval_count_below_one'
                when recurring_amount < 0 or recurring_quantity < 0
                then 'negative_recurring_amount'
                when recurring_discount not between 0 and 100
                then 'discount_outside_0_to_100'
                when recurring_amount::double * recurring_quantity::double >= 1e13
                then 'recurring_amount_too_large'
            end as set_aside_rule
        from items
    ),

    scaled as (
        select
            *,
            {{ to_millionths("recurring_amount") }} * {{ to_millionths("recurring_quantity") }} * factor as gross,
            {{ to_millionths("recurring_discount") }} as discount
        from judged
        where set_aside_rule is null
    ),

    priced as (
        select
            * exclude (gross, discount),
            {{ divide_half_up("gross", "100000000::hugeint * divisor") }}::bigint as list_mrr,
            {{ divide_half_up("gross * (100000000 - discount)", "10000000000000000::hugeint * divisor") }}::bigint
            as discounted_mrr
        from scaled
    )

select * exclude (recurring_amount, recurring_quantity, recurring_discount, factor, divisor, exponent)
from priced
union all by name
select
    * exclude (recurring_amount, recurring_quantity, recurring_discount, factor, divisor, exponent),
    0::bigint as list_mrr,
    0::bigint as discounted_mrr
from judged
where set_aside_rule is not null
