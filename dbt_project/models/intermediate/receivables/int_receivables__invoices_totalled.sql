-- Invoices that were ever open: posted ones, and void ones until their void. Totals are with tax.
with
    totals as (
        select tenant_id, invoice_id, sum(net_minor) as net_minor, sum(tax_minor) as tax_minor
        from {{ ref("int_receivables__invoice_lines_valued") }}
        where set_aside_rule is null
        group by all
    )

select
    i.tenant_id,
    i.invoice_id,
    i.source,
    i.file_id,
    i.line,
    i.change_no,
    i.customer_id,
    i.subscription_id,
    i.contract_id,
    i.entity_id,
    i.ship_to_country,
    i.ship_to_region,
    i.currency,
    i.issued_on,
    i.due_on,
    case when i.voided_on is not null or i.status = 'void' then coalesce(i.voided_on, i.issued_on) end as voided_on,
    coalesce(t.net_minor, 0)::bigint as net_minor,
    coalesce(t.tax_minor, 0)::bigint as tax_minor,
    coalesce(t.net_minor + t.tax_minor, 0)::bigint as total_minor
from {{ ref("int_receivables__invoices_unioned") }} as i
left join totals as t using (tenant_id, invoice_id)
where i.status <> 'draft'
