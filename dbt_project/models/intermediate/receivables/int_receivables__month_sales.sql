-- Invoiced totals per month of issue and month of void: what any snapshot's sales are made of. A void on or before
-- the snapshot takes the invoice out of the sales of its month.
select
    i.tenant_id,
    i.currency,
    {{ month_index("i.issued_on") }} as issue_month,
    case
        when i.voided_on is not null and greatest(i.voided_on, i.issued_on) <= t.as_of
        then {{ month_index("greatest(i.voided_on, i.issued_on)") }}
        else 999999
    end as void_month,
    sum(i.total_minor) as sales_minor
from {{ ref("int_receivables__invoices_totalled") }} as i
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where i.issued_on <= t.as_of
group by all
