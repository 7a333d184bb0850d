-- Bills in minor units of their currency. `amount_minor` is with tax; a bill without a stated tax carries none.
select
    b.* exclude (tax_minor, tax_amount),  -- noqa: RF02
    c.millionths_per_minor,
    coalesce(b.tax_minor, 0)::bigint as tax_minor,
    case
        when c.millionths_per_minor is null
        then 'unknown_currency'
        when b.amount_minor is null or (b.tax_minor is null and b.tax_amount is not null)
        then 'more_decimals_than_currency'
    end as set_aside_rule
from {{ ref("int_payables__bills_unioned") }} as b
left join {{ ref("stg_run__currencies") }} as c using (currency)
