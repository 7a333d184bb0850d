-- What ages by a due date of its own: the invoice, or each instalment. Money closes instalments in order of due date,
-- so a part is open with what is outstanding beyond the later parts, and at most with its own amount.
select
    i.tenant_id,
    i.invoice_id,
    i.customer_id,
    i.currency,
    coalesce(s.due_on, i.due_on, i.issued_on) as due_on,
    coalesce(s.later_minor, 0) as later_minor,
    case when s.is_first = false then s.amount_minor end as limit_minor,
    c.millionths_per_minor
from {{ ref("int_receivables__invoices_totalled") }} as i
inner join {{ ref("stg_run__currencies") }} as c using (currency)
left join
    {{ ref("int_receivables__instalments_judged") }} as s
    on i.tenant_id = s.tenant_id
    and i.invoice_id = s.invoice_id
    and s.set_aside_rule is null
