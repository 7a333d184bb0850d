-- The events of all days up to a month-end add up to the MRR of that month-end, customer by customer.
with
    changes as (
        select
            e.tenant_id,
            e.customer_id,
            e.currency,
            date_trunc('month', e.day)::date as month,
            sum(e.delta_mrr) as change
        from {{ ref("mrr_events") }} as e
        group by all
    ),

    movements as (
        select tenant_id, customer_id, currency, month, closing_mrr - opening_mrr as change
        from {{ ref("mrr_movements") }}
    )

select
    coalesce(c.tenant_id, m.tenant_id) as tenant_id,
    coalesce(c.customer_id, m.customer_id) as customer_id,
    coalesce(c.month, m.month) as month,
    coalesce(c.currency, m.currency) as currency,
    c.change as change_by_days,
    m.change as change_by_months
from changes as c
full join movements as m using (tenant_id, customer_id, currency, month)
where coalesce(c.change, 0) <> coalesce(m.change, 0)
