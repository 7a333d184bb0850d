{#- Rows of one grain have one hash, and numbers are counted in half the time of keys of many texts. Only rows whose hash is
    not alone are compared by the keys themselves. -#}
{% test unique_grain(model, columns) %}
    with
        suspects as (
            select hash({{ columns | join(", ") }}) as grain from {{ model }} group by grain having count(*) > 1
        )

    select {{ columns | join(", ") }}, count(*) as rows_with_this_grain
    from {{ model }}
    where hash({{ columns | join(", ") }}) in (select grain from suspects)
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
