-- Stored rates read both ways, as fractions of integers in lowest terms: 1 base = numerator / denominator quote.
with
    stored as (
        select
            tenant_id,
            rate_on,
            base,
            quote,
            (rate * 1000000000000)::hugeint as units,
            gcd((rate * 1000000000000)::hugeint, 1000000000000::hugeint) as common
        from {{ ref("stg_csv__fx_rates") }}
        where rate > 0 and base <> quote
    )

select
    tenant_id,
    base,
    quote,
    rate_on,
    false as is_inverse,
    divide(units, common) as numerator,
    divide(1000000000000::hugeint, common) as denominator
from stored
union all
select tenant_id, quote, base, rate_on, true, divide(1000000000000::hugeint, common), divide(units, common)
from stored
