-- A line's amounts in minor units of its invoice's currency. A missing tax amount is net × rate, rounded per line.
with lines as (
    select
        l.*,
        i.customer_id,
        i.currency,
        c.exponent,
        {{ to_minor('l.net_amount', 'c.millionths_per_minor') }} as net_minor,
        {{ to_minor('l.tax_amount', 'c.millionths_per_minor') }} as stated_tax_minor
    from {{ ref('int_receivables__invoice_lines_unioned') }} as l
    inner join {{ ref('int_receivables__invoices_unioned') }} as i using (tenant_id, invoice_id)
    left join {{ ref('stg_run__currencies') }} as c on c.currency = i.currency
),

judged as (
    select
        *,
        case
            when exponent is null then 'unknown_currency'
            when net_minor is null or (tax_amount is not null and stated_tax_minor is null)
                then 'more_decimals_than_currency'
        end as set_aside_rule
    from lines
)

select
    * exclude (exponent, stated_tax_minor),
    case
        when stated_tax_minor is not null then stated_tax_minor
        when tax_rate is null then 0
        else
            {{ divide_half_up('net_minor::hugeint * (tax_rate * 1000000000000)::hugeint', '1000000000000::hugeint') }}
    end::bigint as tax_minor
from judged
