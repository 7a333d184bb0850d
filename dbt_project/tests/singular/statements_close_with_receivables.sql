-- A customer's closing is what ar_aging and ar_unapplied hold of the customer on that day; on the as-of date the
-- invoices
-- of accounts_receivable are open with what ar_aging says.
with
    receivables as (
        select tenant_id, customer_id, currency, as_of, sum(amount) as receivable
        from
            (
                select tenant_id, customer_id, currency, as_of, outstanding as amount
                from {{ ref("ar_aging") }}
                union all
                select tenant_id, customer_id, currency, as_of, unapplied
                from {{ ref("ar_unapplied") }}
            )
        group by all
    ),

    statements as (
        select s.tenant_id, s.customer_id, s.currency, least(last_day(s.month), t.as_of) as as_of, s.closing
        from {{ ref("customer_statements") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    ),

    open_invoices as (
        select a.tenant_id, a.invoice_id, sum(a.outstanding) as outstanding
        from {{ ref("ar_aging") }} as a
        inner join {{ ref("stg_run__tenants") }} as t on a.tenant_id = t.tenant_id and a.as_of = t.as_of
        group by all
    )

select tenant_id, customer_id || ' ' || currency || ' ' || as_of as what, r.receivable as expected, s.closing as found
from receivables as r
full join statements as s using (tenant_id, customer_id, currency, as_of)
where coalesce(r.receivable, 0) <> coalesce(s.closing, 0)
union all
select tenant_id, invoice_id, o.outstanding as expected, a.outstanding as found
from {{ ref("accounts_receivable") }} as a
full join open_invoices as o using (tenant_id, invoice_id)
left join {{ ref("stg_run__closed") }} as closed using (tenant_id)
where coalesce(o.outstanding, 0) <> coalesce(a.outstanding, 0) and coalesce(closed.has_open_month, true)
