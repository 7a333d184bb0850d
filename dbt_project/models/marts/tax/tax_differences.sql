-- An amount that is off its own rate by no more than one minor unit per tax is rounding.
with
    reasoned as (
        select
            d.*,
            c.millionths_per_minor,
            case when d.is_wrong_code then d.rate_minor else 0 end as wrong_code_minor,
            case when d.is_wrong_code then 0 else d.rate_minor end as rate_differs_minor,
            case when abs(d.amount_minor) <= d.rates_applied then d.amount_minor else 0 end as rounding_minor,
            case when abs(d.amount_minor) <= d.rates_applied then 0 else d.amount_minor end as amount_differs_minor
        from {{ ref("int_tax__differences") }} as d
        inner join {{ ref("stg_run__currencies") }} as c using (currency)
    )

select
    tenant_id,
    line_id,
    jurisdiction,
    kind,
    invoice_id,
    currency,
    taxed_on,
    tax_code,
    category,
    {{ money("net_minor", "millionths_per_minor") }} as net,
    charged_rate,
    derived_rate,
    {{ money("charged_minor", "millionths_per_minor") }} as charged_tax,
    {{ money("coalesce(derived_minor, 0)", "millionths_per_minor") }} as derived_tax,
    {{ money("charged_minor - coalesce(derived_minor, 0)", "millionths_per_minor") }} as difference,
    {{ money("wrong_code_minor", "millionths_per_minor") }} as wrong_code,
    {{ money("rate_differs_minor", "millionths_per_minor") }} as rate_differs,
    {{ money("amount_differs_minor", "millionths_per_minor") }} as amount_differs,
    {{ money("rounding_minor", "millionths_per_minor") }} as rounding,
    {{ money("unknown_rate_minor", "millionths_per_minor") }} as no_rate_known,
    case
        when derived_minor is null
        then 'no_rate_known'
        when wrong_code_minor <> 0
        then 'wrong_code'
        when rate_differs_minor <> 0
        then 'rate_differs'
        when amount_differs_minor <> 0
        then 'amount_differs'
        else 'rounding'
    end as reason
from reasoned
