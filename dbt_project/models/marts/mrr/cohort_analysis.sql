with
    customer_months as (
        select tenant_id, customer_id, month_index, sum(closing_reporting) as mrr
        from {{ ref("int_mrr__movements_valued") }}
        where closing_mrr > 0
        group by all
    ),

    joined as (
        select
            *,
            min(month_index) over customer as cohort_month,
            first_value(mrr) over (customer order by month_index) as first_mrr
        from customer_months
        window customer as (partition by tenant_id, customer_id)
    ),

    sizes as (
        select tenant_id, cohort_month, count(*) as customers, sum(mrr) as first_mrr
        from joined
        where month_index = cohort_month
        group by all
    ),

    periods as (
        select
            tenant_id,
            cohort_month,
            month_index - cohort_month as period,
            count(*) as retained_customers,
            sum(mrr) as mrr,
            sum(least(mrr, first_mrr)) as capped_mrr
        from joined
        group by all
    ),

    grid as (
        select s.*, unnest(range(0, t.as_of_month - s.cohort_month + 1)) as period
        from sizes as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    )

select
    g.tenant_id,
    {{ month_start("g.cohort_month") }} as cohort_month,
    g.period::integer as period,
    g.customers,
    coalesce(p.retained_customers, 0) as retained_customers,
    {{ ratio("coalesce(p.retained_customers, 0)", "g.customers") }} as logo_retention,
    {{ money4("coalesce(p.mrr, 0)") }} as mrr,
    {{ ratio("coalesce(p.mrr, 0)", "g.first_mrr") }} as net_retention,
    {{ ratio("coalesce(p.capped_mrr, 0)", "g.first_mrr") }} as gross_retention
from grid as g
left join periods as p using (tenant_id, cohort_month, period)
