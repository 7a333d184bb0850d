-- Opening and movement at the opening month-end's rate, closing at its own; what remains is the currency's own doing.
with
    valued as (
        select
            m.*,
            {{ convert("m.opening_mrr", "o.numerator", "o.denominator") }}::bigint as opening_reporting,
            {{ convert("m.movement_mrr", "o.numerator", "o.denominator") }}::bigint as movement_reporting,
            case
                when m.closing_mrr = 0
                then 0
                else {{ convert("m.closing_mrr", "c.numerator", "c.denominator") }}::bigint
            end as closing_reporting
        from {{ ref("int_mrr__movements") }} as m
        inner join
            {{ ref("int_fx__month_rates") }} as o
            on m.tenant_id = o.tenant_id
            and m.currency = o.currency
            and o.month_index = m.month_index - 1
        left join
            {{ ref("int_fx__month_rates") }} as c
            on m.tenant_id = c.tenant_id
            and m.currency = c.currency
            and m.month_index = c.month_index
    )

select
    *,
    closing_reporting
    - opening_reporting
    - case
        when movement in ('new', 'reactivation', 'expansion')
        then movement_reporting
        when movement in ('contraction', 'churn')
        then - movement_reporting
        else 0
    end as fx_reporting
from valued
