-- The rows that make an invoice: its lines with their amounts, and its header, which says whose it is and when.
select
    i.tenant_id,
    i.invoice_id,
    0 as row_order,
    {{ row_columns("'invoices'", "i.invoice_id", "i") }},
    0::bigint as net_minor,
    0::bigint as tax_minor
from {{ in_file("int_receivables__invoices_totalled") }} as i
union all by name
select
    l.tenant_id,
    l.invoice_id,
    1 as row_order,
    {{ row_columns("'invoice_lines'", "l.line_id", "l") }},
    l.net_minor,
    l.tax_minor
from {{ in_file("int_receivables__invoice_lines_valued") }} as l
semi join {{ in_file("int_receivables__invoices_totalled") }} using (tenant_id, invoice_id)
where l.set_aside_rule is null
