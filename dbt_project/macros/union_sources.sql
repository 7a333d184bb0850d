{#- Rows of the core and of the drop; where both know a key, the core's row stands. `without` are columns that no figure
    reads, of a data set so large that to carry them costs time. -#}
{% macro union_sources(app, csv, keys, without=[]) -%}
    {%- set columns = "* exclude (" ~ without | join(", ") ~ ")" if without else "*" -%}
    select {{ columns }}
    from {{ ref(app) }}
    union all by name
    select {{ columns }}
    from {{ ref(csv) }}
    anti join {{ ref(app) }} using ({{ keys | join(", ") }})
{%- endmacro %}

{#- The drop's rows that gave way to the core's, in the shape of ops.set_aside_rows. -#}
{% macro rows_also_in_core(app, csv, keys, data_set) -%}
    select
        tenant_id,
        file_id,
        line,
        null::bigint as change_no,
        '{{ data_set }}' as data_set,
        'also_in_core' as rule,
        concat_ws(' · ', {{ keys[1:] | join("::varchar, ") }}::varchar) as detail,
        true as is_excluded
    from {{ ref(csv) }}
    semi join {{ ref(app) }} using ({{ keys | join(", ") }})
{%- endmacro %}

{#- Rows that name a parent which has not come yet: listed, not removed. -#}
{% macro unresolved_references(child, parent, column, data_set) -%}
    select
        tenant_id,
        file_id,
        line,
        change_no,
        '{{ data_set }}' as data_set,
        'unresolved_reference' as rule,
        '{{ column }} ' || {{ column }} as detail,
        false as is_excluded
    from {{ ref(child) }}
    anti join {{ ref(parent) }} using (tenant_id, {{ column }})
    where {{ column }} is not null
{%- endmacro %}

{#- Rows that a rule took out of the figures. -#}
{% macro rows_set_aside(model, data_set, detail) -%}
    select
        tenant_id,
        file_id,
        line,
        change_no,
        '{{ data_set }}' as data_set,
        set_aside_rule as rule,
        {{ detail }} as detail,
        true as is_excluded
    from {{ ref(model) }}
    where set_aside_rule is not null
{%- endmacro %}
