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

    sides as (
        select
            tenant_id,
            customer_id,
            month_index,
            (mrr_after = 0)::integer * 10000 as lost,
            10000 as had,
            greatest(mrr_before - mrr_after, 0) as fallen,
            mrr_before as opening,
            mrr_after as kept,
            0 as kept_12m,
            0 as opening_12m
        from compared
        where months_back = 1
        union all
        select tenant_id, customer_id, month_index, 0, 0, 0, 0, 0, mrr_after, mrr_before
        from compared
        where months_back = 12
        union all
        select
            tenant_id,
            customer_id,
            month_index,
            - coalesce(is_churned, false)::integer * 10000,
            -10000,
            - fallen,
            - opening,
            - (opening + risen - fallen),
            0,
            0
        from ours
        union all
        select tenant_id, customer_id, month_index, 0, 0, 0, 0, 0, - now_mrr, - then_mrr
        from {{ ref("int_mrr__retention_customers") }}
    ),

    -- Of a customer and month all at once: four rates look at the same few numbers.
    differences as (
        select
            tenant_id,
            customer_id,
            month_index,
            sum(lost) as lost,
            sum(had) as had,
            sum(fallen) as fallen,
            sum(opening) as opening,
            sum(kept) as kept,
            sum(kept_12m) as kept_12m,
            sum(opening_12m) as opening_12m
        from sides
        group by tenant_id, customer_id, month_index
    ),

    lines as (
        {% for metric, numerator, denominator in [
            ("logo_churn_rate", "lost", "had"),
            ("gross_mrr_churn_rate", "fallen", "opening"),
            ("nrr_monthly", "kept", "opening"),
            ("nrr_12m", "kept_12m", "opening_12m"),
        ] %}
            {% if not loop.first %}
                union all
            {% endif %}
            select
                tenant_id,
                customer_id,
                month_index,
                '{{ metric }}' as metric,
                {{ numerator }} as numerator_difference,
                {{ denominator }} as denominator_difference
            from differences
            where {{ numerator }} <> 0 or {{ denominator }} <> 0
        {% endfor %}
    )

select
    tenant_id,
    'naive_invoices' as definition,
    customer_id,
    month_index,
    metric,
    'invoices_instead_of_mrr' as reason,
    numerator_difference,
    denominator_difference
from lines
