-- Movements of a month added up in the reporting currency, customers counted once over their currencies.
with
    sums as (
        select
            tenant_id,
            month_index,
            sum(opening_reporting) as opening_mrr,
            coalesce(sum(movement_reporting) filter (where movement = 'new'), 0) as new_mrr,
            coalesce(sum(movement_reporting) filter (where movement = 'reactivation'), 0) as reactivation_mrr,
            coalesce(sum(movement_reporting) filter (where movement = 'expansion'), 0) as expansion_mrr,
            coalesce(sum(movement_reporting) filter (where movement = 'contraction'), 0) as contraction_mrr,
            coalesce(sum(movement_reporting) filter (where movement = 'churn'), 0) as churned_mrr,
            sum(fx_reporting) as fx_mrr,
            sum(closing_reporting) as mrr
        from {{ ref("int_mrr__movements_valued") }}
        group by all
    ),

    customers as (select distinct tenant_id, customer_id, month_index, kind from {{ ref("int_mrr__movements") }}),

    counts as (
        select
            tenant_id,
            month_index,
            count(*) filter (where kind <> 'churn') as customers,
            count(*) filter (where kind in ('churn', 'change')) as opening_customers,
            count(*) filter (where kind = 'new') as new_customers,
            count(*) filter (where kind = 'reactivation') as reactivated_customers,
            count(*) filter (where kind = 'churn') as churned_customers
        from customers
        group by all
    )

select *  -- noqa: RF02
from sums
inner join counts using (tenant_id, month_index)
