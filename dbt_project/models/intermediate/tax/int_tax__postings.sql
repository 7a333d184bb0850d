-- Every dated movement of tax payable, and the nets that are reported beside it. Plain invoices are added up here: this
-- is the one pass over all lines.
with
    invoices as ({{ tax_invoices() }}),

    plain as (
        select
            tenant_id,
            invoice_id,
            {{ tax_rate_of("tax_rate", "tax_minor") }} as rate,
            {{ tax_code_of("tax_code", "tax_rate", "tax_minor") }} as tax_code,
            sum(net_minor) as net_minor,
            sum(tax_minor) as tax_minor
        from {{ ref("int_receivables__invoice_lines_valued") }}
        where set_aside_rule is null
        group by all
    )

select
    i.tenant_id,
    i.jurisdiction,
    i.kind,
    s.rate,
    i.currency,
    i.tax_point_on as posted_on,
    'charge' as entry,
    'invoices' as source_table,
    i.invoice_id as source_id,
    case when s.tax_code in ('standard', 'reduced') then s.net_minor else 0 end::bigint as taxable_minor,
    case when s.tax_code = 'exempt' then s.net_minor else 0 end::bigint as exempt_minor,
    case when s.tax_code = 'zero_rated' then s.net_minor else 0 end::bigint as zero_rated_minor,
    case when s.tax_code = 'reverse_charge' then s.net_minor else 0 end::bigint as reverse_charge_minor,
    s.tax_minor::bigint as amount_minor
from plain as s
inner join invoices as i using (tenant_id, invoice_id)
where not i.is_apart
union all
select
    tenant_id,
    jurisdiction,
    kind,
    rate,
    currency,
    posted_on,
    'charge',
    'invoices',
    invoice_id,
    taxable_minor,
    exempt_minor,
    zero_rated_minor,
    reverse_charge_minor,
    amount_minor
from {{ ref("int_tax__charges_apart") }}
union all
select
    tenant_id, jurisdiction, kind, rate, currency, posted_on, entry, source_table, source_id, 0, 0, 0, 0, amount_minor
from {{ ref("int_tax__corrections") }}
