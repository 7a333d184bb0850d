-- The rates of a naive invoice sum take a month's invoices for its MRR: a customer is one while it is invoiced. Ours
-- less
-- theirs, customer by customer, both in the reporting currency.
-- A view: its rows are written once, in metric_definition_differences.
{{ config(materialized="view") }}

with
    theirs as (
        select tenant_id, customer_id, month_index, sum(invoiced_reporting) as mrr
        from {{ ref("int_definitions__naive_cells") }}
        group by all
        having sum(invoiced_reporting) > 0
    ),

    compared as (
        select
            b.tenant_id,
            b.customer_id,
            back.months as months_back,
            b.month_index + back.months as month_index,
            b.mrr as mrr_before,
            coalesce(n.mrr, 0) as mrr_after
        from theirs as b
        cross join (values (1), (12)) as back(months)
        inner join {{ ref("stg_run__tenants") }} as t on b.tenant_id = t.tenant_id
        left join
            theirs as n
            on b.tenant_id = n.tenant_id
            and b.customer_id = n.customer_id
            and n.month_index = b.month_index + back.months
        where b.month_index + back.months <= t.as_of_month
    ),

    ours as (
        select
            tenant_id,
            customer_id,
            month_index,
            bool_or(movement = 'churn') as is_churned,
            sum(opening_reporting) as opening,
            coalesce(sum(movement_reporting) filter (where movement = 'expansion'), 0) as risen,
            coalesce(sum(movement_reporting) filter (where movement in ('contraction', 'churn')), 0) as fallen
        from {{ ref("int_mrr__movements_valued") }}
        where opening_mrr > 0 or movement = 'expansion'
        group by all
    ),

    parts as (
        select
            tenant_id,
            customer_id,
            month_index,
            'logo_churn_rate' as metric,
            (mrr_after = 0)::integer * 10000 as numerator,
            10000 as denominator
        from compared
        where months_back = 1
        union all
        select
            tenant_id,
            customer_id,
            month_index,
            'logo_churn_rate',
            - coalesce(is_churned, false)::integer * 10000,
            -10000
        from ours
        union all
        select
            tenant_id, customer_id, month_index, 'gross_mrr_churn_rate', greatest(mrr_before - mrr_after, 0), mrr_before
        from compared
        where months_back = 1
        union all
        select tenant_id, customer_id, month_index, 'gross_mrr_churn_rate', - fallen, - opening
        from ours
        union all
        select tenant_id, customer_id, month_index, 'nrr_monthly', mrr_after, mrr_before
        from compared
        where months_back = 1
        union all
        select tenant_id, customer_id, month_index, 'nrr_monthly', - (opening + risen - fallen), - opening
        from ours
        union all
        select tenant_id, customer_id, month_index, 'nrr_12m', mrr_after, mrr_before
        from compared
        where months_back = 12
        union all
        select tenant_id, customer_id, month_index, 'nrr_12m', - now_mrr, - then_mrr
        from {{ ref("int_mrr__retention_customers") }}
    )

select
    tenant_id,
    'naive_invoices' as definition,
    customer_id,
    month_index,
    metric,
    'invoices_instead_of_mrr' as reason,
    sum(numerator) as numerator_difference,
    sum(denominator) as denominator_difference
from parts
group by all
having sum(numerator) <> 0 or sum(denominator) <> 0
