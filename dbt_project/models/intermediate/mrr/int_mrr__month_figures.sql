-- Every month of a tenant from its first figure to the as-of month, months without movement included.
with
    spans as (
        select tenant_id, min(month_index) as first_month
        from
            (
                select tenant_id, month_index
                from {{ ref("int_mrr__metric_sums") }}
                union all
                select tenant_id, month_index
                from {{ ref("int_mrr__apart_sums") }}
            )
        group by all
    ),

    months as (
        select
            s.tenant_id,
            t.as_of,
            t.as_of_month,
            t.gross_margin,
            unnest(range(s.first_month, t.as_of_month + 1)) as month_index
        from spans as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    )

select
    m.*,
    coalesce(s.opening_mrr, 0) as opening_mrr,
    coalesce(s.new_mrr, 0) as new_mrr,
    coalesce(s.reactivation_mrr, 0) as reactivation_mrr,
    coalesce(s.expansion_mrr, 0) as expansion_mrr,
    coalesce(s.contraction_mrr, 0) as contraction_mrr,
    coalesce(s.churned_mrr, 0) as churned_mrr,
    coalesce(s.fx_mrr, 0) as fx_mrr,
    coalesce(s.mrr, 0) as mrr,
    coalesce(a.list_mrr, 0) as list_mrr,
    coalesce(a.trial_mrr, 0) as trial_mrr,
    case when not coalesce(a.is_usage_unrated, false) then coalesce(a.usage_run_rate, 0) end as usage_run_rate,
    coalesce(a.at_risk_mrr, 0) as at_risk_mrr,
    coalesce(a.committed_mrr, 0) as committed_mrr,
    coalesce(s.customers, 0) as customers,
    coalesce(s.opening_customers, 0) as opening_customers,
    coalesce(s.new_customers, 0) as new_customers,
    coalesce(s.reactivated_customers, 0) as reactivated_customers,
    coalesce(s.churned_customers, 0) as churned_customers,
    y.then_mrr,
    y.now_mrr,
    y.kept_mrr,
    coalesce(g.mrr - g.cost, (m.gross_margin * 1000000)::hugeint) as margin_part,
    coalesce(g.mrr, 1000000) as margin_whole,
    p.mrr as previous_mrr,
    b.mrr as year_ago_mrr
from months as m
left join {{ ref("int_mrr__metric_sums") }} as s using (tenant_id, month_index)
left join {{ ref("int_mrr__apart_sums") }} as a using (tenant_id, month_index)
left join {{ ref("int_mrr__retention_12m") }} as y using (tenant_id, month_index)
left join
    {{ ref("int_mrr__gross_margins") }} as g
    on m.tenant_id = g.tenant_id
    and m.month_index = g.month_index
    and g.mrr > 0
left join {{ ref("int_mrr__metric_sums") }} as p on m.tenant_id = p.tenant_id and p.month_index = m.month_index - 1
left join {{ ref("int_mrr__metric_sums") }} as b on m.tenant_id = b.tenant_id and b.month_index = m.month_index - 12
