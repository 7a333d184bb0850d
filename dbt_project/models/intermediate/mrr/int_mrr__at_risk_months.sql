-- MRR of the subscriptions that an overdue invoice names, at each snapshot.
with
    overdue as (
        select distinct a.tenant_id, a.as_of as snapshot_on, i.subscription_id
        from {{ ref("int_receivables__aging_snapshots") }} as a
        inner join {{ ref("int_receivables__invoices_unioned") }} as i using (tenant_id, invoice_id)
        where a.days_past_due > 0 and i.subscription_id is not null
    )

select
    s.tenant_id,
    s.customer_id,
    s.currency,
    {{ month_index("o.snapshot_on") }} as month_index,
    sum(s.net_mrr)::bigint as at_risk_mrr
from overdue as o
inner join
    {{ ref("int_mrr__segments") }} as s
    on o.tenant_id = s.tenant_id
    and o.subscription_id = s.subscription_id
    and o.snapshot_on >= s.valid_from
    and o.snapshot_on < s.valid_to
where s.net_mrr > 0
group by all
