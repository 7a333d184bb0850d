-- The month's headline figures are the sums of its customers' cells, without exception.
with
    customers as (
        select
            tenant_id,
            month,
            sum(opening_mrr_reporting) as opening_mrr,
            sum(new_mrr_reporting) as new_mrr,
            sum(reactivation_mrr_reporting) as reactivation_mrr,
            sum(expansion_mrr_reporting) as expansion_mrr,
            sum(contraction_mrr_reporting) as contraction_mrr,
            sum(churned_mrr_reporting) as churned_mrr,
            sum(fx_mrr_reporting) as fx_mrr,
            sum(closing_mrr_reporting) as mrr,
            count(distinct customer_id) filter (where closing_mrr > 0) as customers
        from {{ ref("mrr_movements") }}
        group by all
    )

select
    coalesce(c.tenant_id, m.tenant_id) as tenant_id,
    coalesce(c.month, m.month) as month,
    c.mrr as sum_of_customers,
    m.mrr
from customers as c
full join {{ ref("revenue_metrics") }} as m on c.tenant_id = m.tenant_id and c.month = m.month
where
    coalesce(c.opening_mrr, 0) is distinct from m.opening_mrr
    or coalesce(c.new_mrr, 0) is distinct from m.new_mrr
    or coalesce(c.reactivation_mrr, 0) is distinct from m.reactivation_mrr
    or coalesce(c.expansion_mrr, 0) is distinct from m.expansion_mrr
    or coalesce(c.contraction_mrr, 0) is distinct from m.contraction_mrr
    or coalesce(c.churned_mrr, 0) is distinct from m.churned_mrr
    or coalesce(c.fx_mrr, 0) is distinct from m.fx_mrr
    or coalesce(c.mrr, 0) is distinct from m.mrr
    or coalesce(c.customers, 0) is distinct from m.customers
