-- What was charged and is not owed: all of a void invoice from its void on, and the tax of credit notes on their issue.
-- One without an invoice, or of an invoice without lines, is of the place of its customer or invoice at no known rate.
select
    c.tenant_id,
    c.jurisdiction,
    c.kind,
    c.rate,
    c.currency,
    i.voided_on as posted_on,
    'void' as entry,
    'invoices' as source_table,
    c.invoice_id as source_id,
    (- sum(c.amount_minor))::bigint as amount_minor
from {{ ref("int_tax__charges_apart") }} as c
inner join {{ ref("int_tax__invoices_apart") }} as i using (tenant_id, invoice_id)
where i.voided_on is not null
group by all
union all
select
    p.tenant_id,
    p.jurisdiction,
    p.kind,
    p.rate,
    n.currency,
    n.issued_on,
    'credit_note',
    'credit_notes',
    n.credit_note_id,
    - p.credit_minor
from {{ ref("int_tax__credits_placed") }} as p
inner join {{ ref("int_revenue__credits") }} as n using (tenant_id, credit_note_id)
union all
select
    n.tenant_id,
    coalesce(i.jurisdiction, c.jurisdiction, 'unknown'),
    coalesce(i.kind, c.kind, 'VAT'),
    null,
    n.currency,
    n.issued_on,
    'credit_note',
    'credit_notes',
    n.credit_note_id,
    - n.tax_minor
from {{ ref("int_revenue__credits") }} as n
anti join {{ ref("int_tax__credits_by_jurisdiction") }} using (tenant_id, credit_note_id)
left join {{ ref("int_tax__invoices_apart") }} as i on n.tenant_id = i.tenant_id and n.invoice_id = i.invoice_id
left join {{ ref("int_tax__customers") }} as c on n.tenant_id = c.tenant_id and n.customer_id = c.customer_id
where n.tax_minor <> 0
