{#- A published relation by name: a view outlives the name of the file in which it was made. -#}
{% macro in_file(name) -%} {{ in_any_file(ref(name)) }} {%- endmacro %}

{#- The columns that name the row of a file or of the core's log. -#}
{% macro row_columns(source_table, source_id, alias) -%}
    {{ source_table }} as source_table,
    {{ source_id }} as source_id,
    {{ alias }}.file_id,
    {{ alias }}.line,
    {{ alias }}.change_no
{%- endmacro %}

{#- What a rounded or capped sum grows by when its next part is added: such parts sum to it whatever is done to the sum. -#}
{% macro converted_part(part, running, numerator, denominator) -%}
    ({{ convert(running, numerator, denominator) }} - {{ convert(running ~ " - " ~ part, numerator, denominator) }})
{%- endmacro %}

{#- Parts once per column that they belong to. `cases` are (column, side, amount); a part of 0 is left out, unless
    `kept` says that its row decides something. The list of columns is a table of its own so that a filter on
    column_name leaves only what it names. -#}
{% macro parts_by_column(relation, keys, cases, kept="false") -%}
    select * exclude (is_kept)
    from
        (
            select
                p.tenant_id,
                {% for key in keys %} p.{{ key }}, {% endfor %}
                c.column_name,
                c.side,
                p.party,
                p.document_name,
                p.step,
                (
                    case c.case_no {% for case in cases %} when {{ loop.index }} then {{ case[2] }} {% endfor %} end
                )::decimal(38, 6) as amount,
                p.source_table as row_table,
                p.source_id as row_id,
                p.file_id,
                p.line,
                p.change_no,
                ({{ kept }}) as is_kept
            from {{ relation }} as p
            cross join
                (
                    values
                        {% for case in cases %}
                            ({{ loop.index }}, '{{ case[0] }}', '{{ case[1] }}') {{ "," if not loop.last }}
                        {% endfor %}
                ) as c(case_no, column_name, side)
        )
    where amount <> 0 or (is_kept and amount is not null)
{%- endmacro %}

{#- Minor units of the part's currency as currency units. -#}
{% macro part_money(minor) -%} {{ money(minor, "p.millionths_per_minor") }} {%- endmacro %}

{#- An amount where the part is of one of some kinds. -#}
{% macro part_if(column, kinds, amount) -%}
    case when p.{{ column }} in ('{{ kinds | join("', '") }}') then {{ amount }} end
{%- endmacro %}
