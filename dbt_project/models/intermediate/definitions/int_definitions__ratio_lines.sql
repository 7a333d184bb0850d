-- Customers whose part in a rate differs because the tool's MRR of them does: numerator and denominator, theirs less
-- ours, and what the tool counts otherwise in the two months that the rate compares.
-- A view: its rows are written once, in metric_definition_differences.
{{ config(materialized="view") }}

{% set parts = [
    (
        "logo_churn_rate",
        "(was_customer and not is_customer)::integer * 10000",
        "was_customer::integer * 10000",
    ),
    ("gross_mrr_churn_rate", "case when was_customer then fallen else 0 end", "opening"),
    ("nrr_monthly", "opening + case when was_customer then risen - fallen else 0 end", "opening"),
] %}
with
    parts as (
        {% for metric, numerator, denominator in parts %}
            select
                tenant_id,
                definition,
                customer_id,
                month_index,
                '{{ metric }}' as metric,
                1 as months_back,
                case side when 'theirs' then 1 else -1 end as direction,
                {{ numerator }} as numerator,
                {{ denominator }} as denominator
            from {{ ref("int_definitions__side_months") }}
            union all
        {% endfor %}
        select
            tenant_id,
            definition,
            customer_id,
            month_index,
            'nrr_12m',
            12,
            case side when 'theirs' then 1 else -1 end,
            now_mrr,
            then_mrr
        from {{ ref("int_definitions__side_years") }}
    ),

    differences as (
        select
            tenant_id,
            definition,
            customer_id,
            month_index,
            metric,
            months_back,
            sum(direction * numerator) as numerator_difference,
            sum(direction * denominator) as denominator_difference
        from parts
        group by all
        having sum(direction * numerator) <> 0 or sum(direction * denominator) <> 0
    ),

    month_reasons as (
        select distinct tenant_id, definition, customer_id, month_index, reason
        from {{ ref("int_definitions__item_lines_posted") }}
    ),

    reached as (select *, unnest([month_index, month_index - months_back]) as reason_month from differences)

select
    d.tenant_id,
    d.definition,
    d.customer_id,
    d.month_index,
    d.metric,
    array_to_string(list_sort(list_distinct(list(m.reason))), ', ') as reason,
    d.numerator_difference,
    d.denominator_difference
from reached as d
inner join
    month_reasons as m
    on d.tenant_id = m.tenant_id
    and d.definition = m.definition
    and d.customer_id = m.customer_id
    and d.reason_month = m.month_index
group by all
