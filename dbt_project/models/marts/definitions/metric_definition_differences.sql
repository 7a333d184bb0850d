-- The lines of every tool and metric; what has no rate has no lines.
with
    lines as (
        {% for model in ["mrr_lines", "fx_lines", "naive_lines"] %}
            select
                tenant_id,
                definition,
                'mrr' as metric,
                month_index,
                customer_id,
                {{
                    (
                        "subscription_id, item_id"
                        if model == "mrr_lines"
                        else "null::varchar as subscription_id, null::varchar as item_id"
                    )
                }},
                currency,
                reason,
                amount::bigint as numerator_difference,
                0::bigint as denominator_difference
            from {{ ref("int_definitions__" ~ model) }}
            where amount <> 0
            union all
        {% endfor %}
        {% for model in ["ratio_lines", "formula_lines", "naive_ratio_lines"] %}
            {% if not loop.first %}
                union all
            {% endif %}
            select
                tenant_id,
                definition,
                metric,
                month_index,
                customer_id,
                null,
                null,
                null,
                reason,
                numerator_difference::bigint,
                denominator_difference::bigint
            from {{ ref("int_definitions__" ~ model) }}
            where numerator_difference <> 0 or denominator_difference <> 0
        {% endfor %}
    )

select
    n.tenant_id,
    {{ month_start("n.month_index") }} as month,
    n.metric,
    n.definition,
    n.customer_id,
    n.subscription_id,
    n.item_id,
    n.currency,
    n.reason,
    {{ money4("n.numerator_difference") }} as numerator_difference,
    {{ money4("n.denominator_difference") }} as denominator_difference
from lines as n
anti join
    {{ ref("int_definitions__unrated_months") }} as u
    on n.tenant_id = u.tenant_id
    and n.definition = u.definition
    and n.metric = u.metric
    and n.month_index = u.month_index
    {{ open_only("n", "month_index", until="closed_month") }}
union all by name
{{ closed_rows("metric_definition_differences", "month") }}
