{#- Letters and digits only, so that spaces, dashes and accents never decide whether two texts name the same thing. -#}
{% macro plain_text(text) -%} regexp_replace(upper(strip_accents({{ text }})), '[^A-Z0-9]', '', 'g') {%- endmacro %}

{#- Only what has a digit and four signs names a document: "RENT" and "7" stand on too many lines. -#}
{% macro is_document_name(text) -%}(length({{ text }}) >= 4 and regexp_matches({{ text }}, '[0-9]')) {%- endmacro %}

{#- How near in time a document stands to a bank line, in points. -#}
{% macro day_points(gap) -%}
    (case when {{ gap }} = 0 then 10 when abs({{ gap }}) <= 3 then 7 when {{ gap }} between -3 and 10 then 3 else 0 end)
{%- endmacro %}

{#- Points of a pair at which it is taken as settled, and at which it is worth a person's look. -#}
{% macro bank_status(score) -%}(case when {{ score }} >= 80 then 'matched' else 'proposed' end) {%- endmacro %}

{#- One round of choosing among candidates: a pair is taken when each side's best candidate is the other side.
    Ties go to the nearest place in the order of days, then to the smaller ids, so that no run chooses otherwise. -#}
{% macro mutual_best(candidates, left, right, ranking) -%}
    select *
    from {{ candidates }}
    qualify
        row_number() over (partition by tenant_id, {{ left }} order by {{ ranking }}, {{ right }}) = 1
        and row_number() over (partition by tenant_id, {{ right }} order by {{ ranking }}, {{ left }}) = 1
{%- endmacro %}
