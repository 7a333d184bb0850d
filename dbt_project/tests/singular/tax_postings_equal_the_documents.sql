-- Tax payable computed anew from the documents: an invoice's tax by its totals, taken back by its void, and what notes
-- credit. Charges are compared invoice by invoice, all of it per currency, and the summary with the postings.
with
    charges as (
        select tenant_id, source_id as invoice_id, currency, sum(amount_minor) as charged_minor
        from {{ ref("int_tax__postings") }}
        where entry = 'charge'
        group by all
    ),

    documents as (
        select i.tenant_id, i.invoice_id, i.currency, i.tax_minor, i.issued_on, i.voided_on, t.as_of
        from {{ ref("int_receivables__invoices_totalled") }} as i
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where i.issued_on <= t.as_of
    ),

    payable as (
        select tenant_id, currency, sum(amount_minor) as payable_minor
        from
            (
                select tenant_id, currency, tax_minor as amount_minor
                from documents
                where voided_on is null or greatest(voided_on, issued_on) > as_of
                union all
                select n.tenant_id, n.currency, - n.tax_minor
                from {{ ref("int_revenue__credits") }} as n
            )
        group by all
    ),

    summary as (select tenant_id, currency, sum(net_due) as net_due from {{ ref("tax_summary") }} group by all)

select 'invoice ' || coalesce(d.invoice_id, c.invoice_id) as what, d.tax_minor as expected, c.charged_minor as found
from documents as d
full join charges as c using (tenant_id, invoice_id)
where coalesce(d.tax_minor, 0) <> coalesce(c.charged_minor, 0)
union all
select 'net due in ' || u.currency, {{ money("coalesce(p.payable_minor, 0)", "u.millionths_per_minor") }}, s.net_due
from payable as p
full join summary as s using (tenant_id, currency)
inner join {{ ref("stg_run__currencies") }} as u using (currency)
left join {{ ref("stg_run__closed") }} as closed using (tenant_id)
where
    {{ money("coalesce(p.payable_minor, 0)", "u.millionths_per_minor") }} <> coalesce(s.net_due, 0)
    and coalesce(closed.has_open_month, true)
