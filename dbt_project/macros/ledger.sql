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

{#- The legs of every document's journal. -#}
{% macro document_legs() -%}
    {% for legs in ["invoice", "payment", "credit", "payable", "retail"] %}
        {% if not loop.first %}
            union all
        {% endif %}
        select *
        from {{ ref("int_ledger__" ~ legs ~ "_legs") }}
    {% endfor %}
{%- endmacro %}

{#- The lines of open months that legs make, in the columns of journal_entries. -#}
{% macro journal_lines(legs, in_view=false) -%}
    {%- set accounts, currencies = ref("int_ledger__accounts"), ref("stg_run__currencies") -%}
    select
        l.tenant_id,
        l.entity_id,
        l.posted_on,
        date_trunc('month', l.posted_on)::date as period,
        l.posted_on as document_on,
        l.kind,
        l.source_table,
        l.source_id,
        a.account,
        l.purpose,
        l.detail,
        l.customer_id,
        l.currency,
        {{ money("greatest(l.amount_minor, 0)", "c.millionths_per_minor") }} as debit,
        {{ money("greatest(- l.amount_minor, 0)", "c.millionths_per_minor") }} as credit,
        false as is_late
    from {{ legs }} as l
    inner join
        {{ in_any_file(accounts) if in_view else accounts }} as a
        on l.tenant_id = a.tenant_id
        and l.purpose = a.purpose
        and l.detail is not distinct from a.detail
    inner join
        {{ in_any_file(currencies) if in_view else currencies }} as c
        on l.currency = c.currency {{ open_only("l", "posted_on", in_view=in_view) }}
{%- endmacro %}
