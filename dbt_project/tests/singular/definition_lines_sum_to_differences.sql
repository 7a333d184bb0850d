-- The lines of each tool's figure sum to its difference from ours, as revenue_metrics publishes it, to the last digit.
with
    lines as (
        select
            tenant_id,
            month,
            metric,
            definition,
            sum(numerator_difference) as numerator_difference,
            sum(denominator_difference) as denominator_difference
        from {{ ref("metric_definition_differences") }}
        group by all
    ),

    ours as (
        select tenant_id, month, 'mrr' as metric, mrr as numerator, 1 as denominator
        from {{ ref("revenue_metrics") }}
        union all
        select tenant_id, month, 'gross_mrr_churn_rate', churned_mrr + contraction_mrr, opening_mrr
        from {{ ref("revenue_metrics") }}
        union all
        select tenant_id, month, 'nrr_monthly', opening_mrr + expansion_mrr - contraction_mrr - churned_mrr, opening_mrr
        from {{ ref("revenue_metrics") }}
        union all
        select tenant_id, month, 'logo_churn_rate', churned_customers, opening_customers
        from {{ ref("revenue_metrics") }}
    )

select coalesce(c.tenant_id, l.tenant_id) as tenant_id, coalesce(c.month, l.month) as month, c.metric, c.definition
from {{ ref("metric_definitions_compared") }} as c
full join lines as l using (tenant_id, month, metric, definition)
left join ours as o using (tenant_id, month, metric)
where
    c.metric is null
    or (
        c.numerator is not null
        and (
            c.numerator - c.our_numerator <> coalesce(l.numerator_difference, 0)
            or c.denominator - c.our_denominator <> coalesce(l.denominator_difference, 0)
        )
    )
    or (c.metric <> 'nrr_12m' and coalesce(o.numerator, 0) <> c.our_numerator)
    or (c.metric not in ('nrr_12m', 'mrr') and coalesce(o.denominator, 0) <> c.our_denominator)
