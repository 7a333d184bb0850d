-- Every line on which some tool's figure and ours differ, in ten-thousandths of the reporting currency or of a
-- customer.
with
    money_lines as (
        {% for model in ["mrr_lines", "fx_lines", "naive_lines"] %}
            {% if not loop.first %}
                union all
            {% endif %}
            select
                tenant_id,
                definition,
                'mrr' as metric,
                month_index,
                customer_id,
                subscription_id,
                item_id,
                currency,
                reason,
                amount as numerator_difference,
                0 as denominator_difference
            from {{ ref("int_definitions__" ~ model) }}
        {% endfor %}
    ),

    rate_lines as (
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
                reason,
                numerator_difference,
                denominator_difference
            from {{ ref("int_definitions__" ~ model) }}
        {% endfor %}
    ),

    both_kinds as (
        select *
        from money_lines
        union all by name
        select *
        from rate_lines
    )

select
    b.* replace (
        b.numerator_difference::bigint as numerator_difference,
        b.denominator_difference::bigint as denominator_difference
    )
from both_kinds as b
anti join {{ ref("int_definitions__unrated_months") }} using (tenant_id, definition, metric, month_index)
where b.numerator_difference <> 0 or b.denominator_difference <> 0
