-- Invoices that exist on the as-of date, with what tells plain ones from those that were corrected since.
with credited as (select distinct tenant_id, invoice_id from {{ ref("int_revenue__credits") }} where is_on_lines)

select
    i.tenant_id,
    i.invoice_id,
    i.customer_id,
    i.subscription_id,
    i.contract_id,
    i.entity_id,
    i.currency,
    c.millionths_per_minor,
    i.issued_on,
    {{ month_index("i.issued_on") }} as issue_month,
    case when i.voided_on <= t.as_of then greatest(i.voided_on, i.issued_on) end as voided_on,
    i.net_minor,
    coalesce(i.voided_on <= t.as_of, false) or d.invoice_id is not null as is_corrected,
    t.as_of,
    t.as_of_month
from {{ ref("int_receivables__invoices_totalled") }} as i
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
inner join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
left join credited as d using (tenant_id, invoice_id)
where i.issued_on <= t.as_of
