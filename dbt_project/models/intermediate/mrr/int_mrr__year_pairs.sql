-- What the customers that had MRR twelve months earlier pay now, per currency, ready for the rate of then.
with
    then_customers as (
        select distinct tenant_id, customer_id, month_index + 12 as month_index
        from {{ ref("int_mrr__customer_months_posted") }}
        where net_mrr > 0
    )

select n.tenant_id, n.customer_id, n.month_index, n.currency, n.net_mrr
from {{ ref("int_mrr__customer_months_posted") }} as n
semi join
    then_customers as c on n.tenant_id = c.tenant_id and n.customer_id = c.customer_id and n.month_index = c.month_index
where n.net_mrr > 0
