{#- A build file is private and new: a table is written where it will stay, without a second name and without asking what
    is there. The contract of a mart is compared first, as everywhere in dbt. -#}
{% materialization table, adapter = "duckdb" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks) }}
    {% if config.get("contract").enforced %} {{ get_assert_columns_equivalent(compiled_code) }} {% endif %}
    {% call statement("main") -%}
        create or replace table {{ target_relation }} as (
        {{ compiled_code }}
        )
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#- A question with parameters: `schema.name(…)` in place of a table. It outlives the name of the file in which it is made,
    so its relations are named by `in_any_file`. -#}
{% materialization table_macro, adapter = "duckdb" %}
    {% call statement("main") -%}
        create or replace macro {{ this.schema }}.{{ this.identifier }} ({{ config.require("parameters") | join(", ") }})
        as table
        {{ compiled_code }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": []}) }}
{% endmaterialization %}
