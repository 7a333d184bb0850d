-- Months whose invoices are in a currency without a rate: their naive figures have no value, nor have those a month
-- and a
-- year later that look back on them.
with
    unrated as (
        select distinct tenant_id, month_index from {{ ref("int_definitions__naive_cells") }} where numerator is null
    ),

    reached as (
        select
            tenant_id,
            month_index,
            unnest(['mrr', 'nrr_12m', 'nrr_monthly', 'gross_mrr_churn_rate', 'logo_churn_rate']) as metric
        from unrated
        union
        select tenant_id, month_index + 1, unnest(['nrr_monthly', 'gross_mrr_churn_rate', 'logo_churn_rate'])
        from unrated
        union
        select tenant_id, month_index + 12, 'nrr_12m'
        from unrated
    )

select 'naive_invoices' as definition, *
from reached
