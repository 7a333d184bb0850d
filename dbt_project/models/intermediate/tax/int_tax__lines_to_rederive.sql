-- Lines of places of which the tenant has rates of its own; of any other place there is no verdict. A line with several
-- tax points is judged by the rates of its day of issue.
with
    rated as (select distinct tenant_id, jurisdiction, kind from {{ ref("int_tax__rates_unioned") }}),

    places as (
        select tenant_id, jurisdiction as place
        from rated
        union
        select r.tenant_id, p.jurisdiction
        from rated as r
        inner join {{ ref("int_tax__places") }} as p on r.jurisdiction = p.country
        where p.kind <> 'HST'
    ),

    places_of_invoices as ({{ tax_invoices() }}),

    invoices as (
        select i.tenant_id, i.invoice_id, i.jurisdiction, i.kind, coalesce(i.tax_point_on, h.issued_on) as taxed_on
        from places_of_invoices as i
        inner join {{ ref("int_receivables__invoices_totalled") }} as h using (tenant_id, invoice_id)
        where i.tenant_id in (select r.tenant_id from rated as r)
    ),

    lines as (
        select
            l.tenant_id,
            l.line_id,
            l.invoice_id,
            l.currency,
            l.product_id,
            l.net_minor,
            i.taxed_on,
            coalesce(x.jurisdiction, i.jurisdiction) as jurisdiction,
            coalesce(x.kind, i.kind) as kind,
            coalesce(x.kind, 'all') as taken_as,
            case when x.line_id is null then l.tax_code else x.tax_code end as tax_code,
            case
                when x.line_id is null then {{ tax_rate_of("l.tax_rate", "l.tax_minor") }} else x.rate
            end as charged_rate,
            coalesce(x.tax_minor, l.tax_minor) as charged_minor
        from {{ ref("int_receivables__invoice_lines_valued") }} as l
        inner join invoices as i using (tenant_id, invoice_id)
        left join
            {{ ref("int_tax__line_taxes_judged") }} as x
            on l.tenant_id = x.tenant_id
            and l.line_id = x.line_id
            and x.set_aside_rule is null
        where l.set_aside_rule is null
    )

select
    l.*,
    case
        when l.tax_code in ('exempt', 'zero_rated', 'reverse_charge')
        then l.tax_code
        else coalesce(p.tax_category, {{ tax_code_of("l.tax_code", "l.charged_rate", "l.charged_minor") }})
    end as category
from lines as l
semi join places as s on l.tenant_id = s.tenant_id and l.jurisdiction = s.place
left join {{ ref("int_mrr__products_unioned") }} as p on l.tenant_id = p.tenant_id and l.product_id = p.product_id
