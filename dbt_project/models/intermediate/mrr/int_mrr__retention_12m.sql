-- The same over all customers; what a customer grew is not kept.
select
    tenant_id,
    month_index,
    sum(then_mrr) as then_mrr,
    sum(now_mrr) as now_mrr,
    sum(least(now_mrr, then_mrr)) as kept_mrr
from {{ ref("int_mrr__retention_customers") }}
group by all
