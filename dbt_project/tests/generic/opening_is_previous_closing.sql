{#- Each month opens with what the month before closed with, and with 0 where that month has no row. -#}
{% test opening_is_previous_closing(model, keys, opening, closing) %}
    with
        months as (
            select
                *,
                lag(month) over (partition by {{ keys | join(", ") }} order by month) as previous_month,
                lag({{ closing }}) over (partition by {{ keys | join(", ") }} order by month) as previous_closing
            from {{ model }}
        )

    select {{ keys | join(", ") }}, month, {{ opening }} as opening, previous_closing
    from months
    where {{ opening }} <> case when previous_month = month - interval 1 month then previous_closing else 0 end
{% endtest %}
