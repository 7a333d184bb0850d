{#- A figure that needs a rate which nobody stored has no value: the build stops here and names what is missing. -#}
{% test every_rate_found(model) %}
    select tenant_id, currency, rate_on, reporting_currency, 'no rate stored in the 7 days up to ' || rate_on as problem
    from {{ model }}
    where numerator is null and is_required
    order by tenant_id, currency, rate_on
{% endtest %}
