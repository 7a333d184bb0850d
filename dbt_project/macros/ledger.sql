{#- The legs of one kind of journal: for each of `legs` (purpose, signed minor units, debit above 0) the rows of a relation
    that has tenant_id, entity_id, customer_id, currency and the columns named here. Legs of 0 are left out. -#}
{% macro journal(relation, kind, source_table, source_id, posted_on, legs, detail="null::varchar") -%}
    {% for purpose, amount in legs %}
        {% if not loop.first %}
            union all
        {% endif %}
        select
            tenant_id,
            '{{ kind }}' as kind,
            '{{ source_table }}' as source_table,
            {{ source_id }} as source_id,
            {{ posted_on }} as posted_on,
            entity_id,
            customer_id,
            '{{ purpose }}' as purpose,
            {{ detail if purpose in ("revenue", "expense") else "null::varchar" }} as detail,
            currency,
            ({{ amount }})::bigint as amount_minor
        from {{ relation }}
        where {{ amount }} <> 0
    {% endfor %}
{%- endmacro %}

{#- The legs of every kind of journal. -#}
{% macro all_legs() -%}
    {% for legs in ["invoice", "payment", "credit", "revenue", "payable", "retail"] %}
        {% if not loop.first %}
            union all
        {% endif %}
        select *
        from {{ ref("int_ledger__" ~ legs ~ "_legs") }}
    {% endfor %}
{%- endmacro %}
