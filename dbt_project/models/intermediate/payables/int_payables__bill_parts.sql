-- What ages by a due date: a bill has no instalments, so it is its own only part.
select
    tenant_id,
    bill_id,
    vendor_id,
    currency,
    coalesce(due_on, issued_on) as due_on,
    0 as later_minor,
    null::bigint as limit_minor,
    millionths_per_minor
from {{ ref("int_payables__bills_judged") }}
where set_aside_rule is null
