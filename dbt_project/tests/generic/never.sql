{#- Rows that must not exist. -#}
{% test never(model, condition, shown) %}
    select {{ shown | join(", ") }} from {{ model }} where {{ condition }}
{% endtest %}
