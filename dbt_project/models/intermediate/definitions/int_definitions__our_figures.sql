-- Our own figures as numerator and denominator, in the units of the lines; MRR over 1. Months in which only some tool
-- has a figure are there with ours as 0.
{% set metrics = [
    ("mrr", "mrr", "10000"),
    ("nrr_12m", "now_mrr", "then_mrr"),
    ("nrr_monthly", "opening_mrr + expansion_mrr - contraction_mrr - churned_mrr", "opening_mrr"),
    ("gross_mrr_churn_rate", "churned_mrr + contraction_mrr", "opening_mrr"),
    ("logo_churn_rate", "churned_customers * 10000", "opening_customers * 10000"),
] %}
with
    known_months as (
        select tenant_id, month_index
        from {{ ref("int_mrr__month_figures") }}
        union all
        select tenant_id, {{ month_index("min(month)") }} as month_index
        from {{ ref("metric_definition_differences") }}
        group by tenant_id
    ),

    spans as (select tenant_id, min(month_index) as first_month from known_months group by all),

    months as (
        select s.tenant_id, t.as_of, t.as_of_month, unnest(range(s.first_month, t.as_of_month + 1)) as month_index
        from spans as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    ),

    figures as (
        select
            m.as_of,
            m.as_of_month,
            m.tenant_id,
            m.month_index,
            f.mrr,
            f.now_mrr,
            f.then_mrr,
            f.opening_mrr,
            f.expansion_mrr,
            f.contraction_mrr,
            f.churned_mrr,
            f.churned_customers,
            f.opening_customers
        from months as m
        left join
            {{ ref("int_mrr__month_figures") }} as f on m.tenant_id = f.tenant_id and m.month_index = f.month_index
    )

{% for metric, numerator, denominator in metrics %}
    {% if not loop.first %}
        union all
    {% endif %}
    select
        tenant_id,
        month_index,
        as_of,
        as_of_month,
        '{{ metric }}' as metric,
        coalesce({{ numerator }}, 0)::bigint as numerator,
        coalesce({{ denominator }}, 0)::bigint as denominator
    from figures
{% endfor %}
