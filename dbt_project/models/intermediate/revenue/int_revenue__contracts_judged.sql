-- Contracts that are signed on the as-of date, and whether their price can be shared out.
select
    k.*,
    c.millionths_per_minor,
    t.as_of,
    t.as_of_month,
    case
        when k.total_minor is null
        then 'more_decimals_than_currency'
        when k.total_minor < 0
        then 'negative_price'
        when k.total_minor >= 1000000000000000
        then 'amount_too_large'
        when k.ends_on < k.starts_on
        then 'ends_before_start'
    end as set_aside_rule
from {{ ref("int_revenue__contracts_unioned") }} as k
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join {{ ref("stg_run__currencies") }} as c on k.currency = c.currency
where k.signed_on <= t.as_of
