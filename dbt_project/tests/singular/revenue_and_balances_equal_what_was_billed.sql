-- On the as-of date, recognised + deferred − contract assets = billed, per currency: what was billed is computed anew
-- from
-- the documents, invoices that are not void less the credit notes that touch their lines.
with
    invoices as (
        select i.tenant_id, i.invoice_id, i.currency, i.net_minor
        from {{ ref("int_receivables__invoices_totalled") }} as i
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where i.issued_on <= t.as_of and (i.voided_on is null or i.voided_on > t.as_of)
    ),

    billed as (
        select tenant_id, currency, net_minor
        from invoices
        union all
        select i.tenant_id, i.currency, - n.net_minor
        from {{ ref("int_revenue__credits") }} as n
        inner join invoices as i using (tenant_id, invoice_id)
        where i.net_minor > 0
    ),

    documents as (select tenant_id, currency, sum(net_minor) as billed_minor from billed group by tenant_id, currency),

    figures as (
        select
            m.tenant_id,
            m.currency,
            sum(m.recognized_minor) + sum(
                case
                    when m.month_index = t.as_of_month
                    then m.deferred_closing_minor - m.contract_asset_closing_minor
                    else 0
                end
            ) as explained_minor
        from {{ ref("int_revenue__line_months") }} as m
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        group by m.tenant_id, m.currency
    )

select tenant_id, currency, d.billed_minor, f.explained_minor
from documents as d
full join figures as f using (tenant_id, currency)
where coalesce(d.billed_minor, 0) <> coalesce(f.explained_minor, 0)
