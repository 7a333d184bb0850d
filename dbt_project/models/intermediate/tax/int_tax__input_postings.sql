-- Input tax: what bills and expenses bear, on their own date.
select
    b.tenant_id,
    b.currency,
    b.issued_on as posted_on,
    'bills' as source_table,
    b.bill_id as source_id,
    b.entity_id,
    b.amount_minor,
    b.tax_minor
from {{ ref("int_payables__bills_judged") }} as b
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where b.set_aside_rule is null and b.tax_minor <> 0 and b.issued_on <= t.as_of
union all
select e.tenant_id, e.currency, e.spent_on, 'expenses', e.expense_id, null, e.amount_minor, e.tax_amount_minor
from {{ ref("int_retail__expenses_unioned") }} as e
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where e.amount_minor is not null and e.tax_amount_minor <> 0 and e.spent_on <= t.as_of
