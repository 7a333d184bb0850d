{#- a / b rounded towards minus infinity, for shares by largest remainder: what is cut off is never below 0. -#}
{% macro floor_part(a, b) -%}
    (case when ({{ a }}) >= 0 then divide({{ a }}, {{ b }}) else - divide(({{ b }}) - 1 - ({{ a }}), {{ b }}) end)
{%- endmacro %}
