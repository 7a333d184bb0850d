{#- Two figures of one row that must be equal, to the last digit. -#}
{% test identity(model, left, right, shown) %}
    select {{ shown | join(", ") }}, {{ left }} as left_side, {{ right }} as right_side
    from {{ model }}
    where {{ left }} is distinct from {{ right }}
{% endtest %}
