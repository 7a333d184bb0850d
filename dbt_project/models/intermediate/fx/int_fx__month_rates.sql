-- The rate of each needed month's snapshot; of a closed month the one by which it was valued. Reads int_fx__rates only
-- after its blocking test has passed.
select
    n.tenant_id,
    n.currency,
    n.month_index,
    n.rate_on,
    n.reporting_currency,
    coalesce(f.numerator, r.numerator) as numerator,
    coalesce(f.denominator, r.denominator) as denominator
from {{ ref("int_fx__rates_needed") }} as n
inner join
    {{ ref("int_fx__rates") }} as r on n.tenant_id = r.tenant_id and n.currency = r.currency and n.rate_on = r.rate_on
left join
    {{ ref("int_fx__month_rates_closed") }} as f
    on n.tenant_id = f.tenant_id
    and n.currency = f.currency
    and n.month_index = f.month_index
