-- The rate of each needed month's snapshot. Reads int_fx__rates only after its blocking test has passed.
select n.tenant_id, n.currency, n.month_index, n.rate_on, n.reporting_currency, r.numerator, r.denominator
from {{ ref("int_fx__rates_needed") }} as n
inner join {{ ref("int_fx__rates") }} as r using (tenant_id, currency, rate_on)
