{#- Today's MRR of customers of twelve months ago, at the rate of then: what retention compares. -#}
{% macro now_at_the_rate_of_then(pairs, keys, mrr) -%}
    select
        p.tenant_id,
        p.{{ keys | join(", p.") }},
        p.month_index,
        sum({{ convert("p." ~ mrr, "r.numerator", "r.denominator") }}) as now_mrr
    from {{ ref(pairs) }} as p
    inner join
        {{ ref("int_fx__month_rates") }} as r
        on p.tenant_id = r.tenant_id
        and p.currency = r.currency
        and r.month_index = p.month_index - 12
    group by all
{%- endmacro %}
