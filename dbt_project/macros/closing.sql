{#- Closed months: frozen rows, and what late facts changed in them. `day` is the column by which a row belongs to a month,
    a date or, with `until="closed_month"`, the index of a month. -#}
{#- Of fresh rows those of open months. A view outlives the name of the file, so it names relations without it. -#}
{% macro open_only(rows, day, until="closed_until", in_view=false) -%}
    {%- set closed = ref("stg_run__closed") -%}
    anti join
        {{ in_any_file(closed) if in_view else closed }} as closed
        on {{ rows }}.tenant_id = closed.tenant_id
        and {{ rows }}.{{ day }} <= closed.{{ until }}
{%- endmacro %}

{#- The frozen rows of a relation, as of this build. -#}
{% macro closed_rows(name, day, until="closed_until") -%}
    select frozen.*
    from {{ source("closed", name) }} as frozen
    semi join
        {{ ref("stg_run__closed") }} as closed
        on frozen.tenant_id = closed.tenant_id
        and frozen.{{ day }} <= closed.{{ until }}
{%- endmacro %}

{#- Frozen rows, and per key what fresh rows of the closed months have more than them, posted to the first open month.
    `keys` say what a row is about, `sums` are its amounts, `stocks` stand in the fresh rows and are 0 in late ones. -#}
{% macro closed_and_late(fresh, name, day, keys, sums, stocks=[], until="closed_until", first="first_open_on") -%}
    with
        frozen as ({{ closed_rows(name, day, until) }}),

        compared as (
            select fresh.tenant_id, fresh.{{ keys | join(", fresh.") }}, fresh.{{ sums | join(", fresh.") }}
            from {{ ref(fresh) }} as fresh
            semi join
                {{ ref("stg_run__closed") }} as closed
                on fresh.tenant_id = closed.tenant_id
                and fresh.{{ day }} <= closed.{{ until }}
            union all
            select tenant_id, {{ keys | join(", ") }}, - {{ sums | join(", - ") }}
            from frozen
        ),

        late as (
            select
                tenant_id,
                {{ keys | join(", ") }},
                {% for column in sums -%} sum({{ column }})::bigint as {{ column }}, {% endfor -%}
                {% for column in stocks -%} 0::bigint as {{ column }}, {% endfor -%}
                true as is_late
            from compared
            group by tenant_id, {{ keys | join(", ") }}
            having {% for column in sums -%} sum({{ column }}) <> 0{{ " or " if not loop.last }}{%- endfor %}
        )

    select *
    from frozen
    union all by name
    select late.*, closed.{{ first }} as {{ day }}
    from late
    inner join {{ ref("stg_run__closed") }} as closed on late.tenant_id = closed.tenant_id and closed.has_open_month
{%- endmacro %}

{#- What is published of a relation: fresh rows of open months beside the frozen and late ones. -#}
{% macro posted(fresh, closed, day, until="closed_until") -%}
    select fresh.*, false as is_late
    from {{ in_any_file(ref(fresh)) }} as fresh {{ open_only("fresh", day, until, in_view=true) }}
    union all by name
    select *
    from {{ in_any_file(ref(closed)) }}
{%- endmacro %}

{#- Due dates as they were on each day: those of a close on the days that it froze, today's on the open ones. -#}
{% macro parts_posted(fresh, closed) -%}
    select fresh.*, coalesce(closed.closed_until, {{ long_ago() }}) as valid_after, {{ far_future() }} as valid_until
    from {{ in_any_file(ref(fresh)) }} as fresh
    left join {{ in_any_file(ref("stg_run__closed")) }} as closed on fresh.tenant_id = closed.tenant_id
    union all by name
    select *
    from {{ in_any_file(ref(closed)) }}
{%- endmacro %}

{#- The frozen due dates of the closes in effect, none of them beyond what is closed on the as-of date. -#}
{% macro parts_closed(name) -%}
    select frozen.* replace (least(frozen.valid_until, closed.closed_until) as valid_until)
    from {{ source("closed", name) }} as frozen
    inner join
        {{ ref("stg_run__closed") }} as closed
        on frozen.tenant_id = closed.tenant_id
        and frozen.valid_after < closed.closed_until
{%- endmacro %}
