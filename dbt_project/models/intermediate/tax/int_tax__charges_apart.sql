-- What the invoices that are worked out apart charge, at each of their tax points. Of a line with several, net and tax
-- are split by what was paid ahead and what was left, so that the parts sum to the line.
with
    floors as (
        select
            l.*,
            p.tax_point_on as posted_on,
            {{ share_floor("l.net_minor", "p.weight_minor", "i.total_minor") }} as net_floor,
            {{ share_rest("l.net_minor", "p.weight_minor", "i.total_minor") }} as net_rest,
            {{ share_floor("l.tax_minor", "p.weight_minor", "i.total_minor") }} as tax_floor,
            {{ share_rest("l.tax_minor", "p.weight_minor", "i.total_minor") }} as tax_rest
        from {{ ref("int_tax__lines_apart") }} as l
        inner join {{ ref("int_tax__tax_points") }} as p using (tenant_id, invoice_id)
        inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
        where l.tax_point_on is null
    ),

    parts as (
        select
            tenant_id,
            invoice_id,
            currency,
            jurisdiction,
            kind,
            rate,
            posted_on,
            tax_code,
            {{ share("net_minor", "net_floor", "net_rest", "tenant_id, line_id, jurisdiction, kind", "posted_on") }}
            as net_minor,
            {{ share("tax_minor", "tax_floor", "tax_rest", "tenant_id, line_id, jurisdiction, kind", "posted_on") }}
            as tax_minor
        from floors
        union all
        select tenant_id, invoice_id, currency, jurisdiction, kind, rate, tax_point_on, tax_code, net_minor, tax_minor
        from {{ ref("int_tax__lines_apart") }}
        where tax_point_on is not null
    )

select
    tenant_id,
    invoice_id,
    currency,
    jurisdiction,
    kind,
    rate,
    posted_on,
    {{ nets_by_code("tax_code", "net_minor") }},
    sum(tax_minor)::bigint as amount_minor
from parts
group by all
