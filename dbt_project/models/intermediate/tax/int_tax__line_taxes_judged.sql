-- The taxes of a line one by one stand only if they sum to the line's tax; otherwise it counts as one.
with
    taxes as (
        select x.*, l.invoice_id, l.file_id, l.line, l.tax_minor as line_tax_minor
        from {{ ref("stg_app__invoice_line_taxes") }} as x
        inner join {{ ref("int_receivables__invoice_lines_valued") }} as l using (tenant_id, line_id)
        where l.source = 'app' and l.set_aside_rule is null
    )

select
    *,
    case
        when sum(tax_minor) over (partition by tenant_id, line_id) <> line_tax_minor then 'taxes_do_not_sum_to_line'
    end as set_aside_rule
from taxes
