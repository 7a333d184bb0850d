-- Every customer belongs to one cohort: the cohorts of a month add up to its MRR and its customers.
with
    cohorts as (
        select
            tenant_id,
            (cohort_month + to_months(period))::date as month,
            sum(mrr) as mrr,
            sum(retained_customers) as customers
        from {{ ref("cohort_analysis") }}
        group by all
    )

select c.tenant_id, c.month, c.mrr as sum_of_cohorts, m.mrr
from cohorts as c
full join {{ ref("revenue_metrics") }} as m on c.tenant_id = m.tenant_id and c.month = m.month
where coalesce(c.mrr, 0) is distinct from m.mrr or coalesce(c.customers, 0) is distinct from m.customers
