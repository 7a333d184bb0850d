with
    invoices as (
        select tenant_id, as_of, currency, sum(outstanding) as outstanding from {{ ref("ar_aging") }} group by all
    ),

    accounts as (
        select tenant_id, as_of, currency, sum(unapplied) as unapplied from {{ ref("ar_unapplied") }} group by all
    )

select s.tenant_id, s.as_of, s.currency, s.total, i.outstanding, a.unapplied
from {{ ref("ar_aging_summary") }} as s
full join invoices as i using (tenant_id, as_of, currency)
full join accounts as a using (tenant_id, as_of, currency)
where coalesce(i.outstanding, 0) + coalesce(a.unapplied, 0) is distinct from s.total
