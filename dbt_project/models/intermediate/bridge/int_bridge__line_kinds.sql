-- What each invoice line is billed for. A line of an invoice that names a subscription is the subscription's, unless
-- its
-- product says otherwise; a line that bills a unit of a contract is the contract's.
select
    l.tenant_id,
    l.line_id,
    l.invoice_id,
    i.customer_id,
    i.currency,
    i.millionths_per_minor,
    i.issue_month,
    case
        when a.unit_id is not null
        then 'contract'
        when p.kind = 'usage'
        then 'usage'
        when p.kind in ('one_time', 'service') or i.subscription_id is null
        then 'one_off'
        else 'subscription'
    end as kind,
    i.subscription_id,
    a.line_id is not null as is_apart,
    l.net_minor,
    l.tax_minor
from {{ ref("int_receivables__invoice_lines_valued") }} as l
inner join {{ ref("int_revenue__invoices") }} as i using (tenant_id, invoice_id)
left join {{ ref("int_mrr__products_unioned") }} as p on l.tenant_id = p.tenant_id and l.product_id = p.product_id
left join {{ ref("int_revenue__lines_apart") }} as a on l.tenant_id = a.tenant_id and l.line_id = a.line_id
where l.set_aside_rule is null
