-- The taxes of the lines of invoices that are worked out apart: those that the core keeps one by one, else the line's.
select
    l.tenant_id,
    l.invoice_id,
    l.line_id,
    i.currency,
    i.tax_point_on,
    coalesce(x.jurisdiction, i.jurisdiction) as jurisdiction,
    coalesce(x.kind, i.kind) as kind,
    case when x.line_id is null then {{ tax_rate_of("l.tax_rate", "l.tax_minor") }} else x.rate end as rate,
    case
        when x.line_id is null then {{ tax_code_of("l.tax_code", "l.tax_rate", "l.tax_minor") }} else x.tax_code
    end as tax_code,
    l.net_minor,
    coalesce(x.tax_minor, l.tax_minor) as tax_minor
from {{ ref("int_receivables__invoice_lines_valued") }} as l
inner join {{ ref("int_tax__invoices_apart") }} as i using (tenant_id, invoice_id)
left join
    {{ ref("int_tax__line_taxes_judged") }} as x
    on l.tenant_id = x.tenant_id
    and l.line_id = x.line_id
    and x.set_aside_rule is null
where l.set_aside_rule is null
