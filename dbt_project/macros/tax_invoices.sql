{#- Invoices up to the as-of date with their place of tax. Most have one tax point and nothing to divide; those that were
    paid in part ahead, credited or voided, or whose lines bear several taxes, are worked out apart, line by line. Asked
    where it is needed: to write all invoices once more costs more than to find their places twice. -#}
{% macro tax_invoices() -%}
    with
        points as (
            select tenant_id, invoice_id, count(*) as tax_points, min(tax_point_on) as tax_point_on
            from {{ ref("int_tax__tax_points") }}
            group by all
        ),

        apart as (
            select tenant_id, invoice_id
            from points
            where tax_points > 1
            union
            select tenant_id, invoice_id
            from {{ ref("int_revenue__credits") }}
            where invoice_id is not null and tax_minor <> 0
            union
            select tenant_id, invoice_id
            from {{ ref("int_tax__line_taxes_judged") }}
            where set_aside_rule is null
        ),

        located as (
            select
                i.tenant_id,
                i.invoice_id,
                i.currency,
                i.issued_on,
                case
                    when i.voided_on is not null and greatest(i.voided_on, i.issued_on) <= t.as_of
                    then greatest(i.voided_on, i.issued_on)
                end as voided_on,
                upper(trim(coalesce(i.ship_to_country, c.country, ''))) as country,
                upper(
                    trim(
                        coalesce(
                            i.ship_to_region,
                            case
                                when coalesce(upper(trim(i.ship_to_country)), c.country) = c.country then c.region_key
                            end,
                            ''
                        )
                    )
                ) as region_key
            from {{ ref("int_receivables__invoices_totalled") }} as i
            inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
            left join {{ ref("int_tax__customers") }} as c using (tenant_id, customer_id)
            where i.issued_on <= t.as_of
        )

    select
        i.tenant_id,
        i.invoice_id,
        i.currency,
        coalesce(p.jurisdiction, nullif(i.country, ''), 'unknown') as jurisdiction,
        coalesce(p.kind, d.kind, 'VAT') as kind,
        case when s.tax_points > 1 then null else coalesce(s.tax_point_on, i.issued_on) end as tax_point_on,
        i.voided_on,
        i.voided_on is not null or a.invoice_id is not null as is_apart
    from located as i
    left join {{ ref("int_tax__places") }} as p on i.country = p.country and i.region_key = p.region_key
    left join {{ ref("int_tax__places") }} as d on i.country = d.country and d.region_key = ''
    left join points as s using (tenant_id, invoice_id)
    left join apart as a using (tenant_id, invoice_id)
{%- endmacro %}
