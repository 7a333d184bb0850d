-- A line's amounts in minor units of its invoice's currency. A missing tax amount is net × rate, rounded per line.
-- The largest table of the build: each amount is turned into an integer once.
with
    lines as (
        select
            l.* exclude (net_amount, tax_amount, unit_amount, discount_amount, description),  -- noqa: RF02
            i.customer_id,
            i.currency,
            c.millionths_per_minor,
            {{ to_millionths("l.net_amount") }} as net,
            {{ to_millionths("l.tax_amount") }} as stated_tax
        from {{ ref("int_receivables__invoice_lines_unioned") }} as l
        inner join {{ ref("int_receivables__invoices_unioned") }} as i using (tenant_id, invoice_id)
        left join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
    ),

    minor as (
        select
            * exclude (net, stated_tax, millionths_per_minor),
            case
                when net % millionths_per_minor = 0 then try_cast(divide(net, millionths_per_minor) as bigint)
            end as net_minor,
            case
                when stated_tax % millionths_per_minor = 0
                then try_cast(divide(stated_tax, millionths_per_minor) as bigint)
            end as stated_tax_minor,
            case
                when millionths_per_minor is null
                then 'unknown_currency'
                when net % millionths_per_minor <> 0 or stated_tax % millionths_per_minor <> 0
                then 'more_decimals_than_currency'
            end as set_aside_rule
        from lines
    )

select
    * exclude (stated_tax_minor, set_aside_rule),
    coalesce(set_aside_rule, case when net_minor is null then 'amount_too_large' end) as set_aside_rule,
    case
        when stated_tax_minor is not null
        then stated_tax_minor
        when tax_rate is null
        then 0
        else {{ divide_half_up("net_minor::hugeint * (tax_rate * 1000000000000)::hugeint", "1000000000000::hugeint") }}
    end::bigint as tax_minor
from minor
