{#- Months are integers inside the warehouse (year * 12 + month - 1) and first days of the month in marts. -#}
{% macro month_index(d) -%} (year({{ d }}) * 12 + month({{ d }}) - 1) {%- endmacro %}

{% macro month_start(m) -%} make_date(divide({{ m }}, 12), ({{ m }}) % 12 + 1, 1) {%- endmacro %}

{#- The day on which a month is looked at: its last one, or the as-of date in the month that is not over. -#}
{% macro snapshot_on(m, as_of) -%} least(last_day({{ month_start(m) }}), {{ as_of }}) {%- endmacro %}

{#- The first month index whose snapshot no longer lies before the exclusive end of a range. -#}
{% macro first_month_after(ends_on, as_of) -%}
    (case when {{ ends_on }} > {{ as_of }} then {{ month_index(as_of) }} + 1 else {{ month_index(ends_on) }} end)
{%- endmacro %}

{% macro long_ago() -%} date '0001-01-01' {%- endmacro %}

{% macro far_future() -%} date '9999-12-31' {%- endmacro %}

{#- A stored instant as UTC: wall-clock values are read in the tenant's time zone. -#}
{% macro to_utc(at, is_utc, time_zone) -%}
    case when {{ is_utc }} then {{ at }} else ({{ at }} at time zone {{ time_zone }}) at time zone 'UTC' end
{%- endmacro %}

{#- The tenant's calendar day of a UTC instant. -#}
{% macro local_day(at, time_zone) -%} (({{ at }} at time zone 'UTC') at time zone {{ time_zone }})::date {%- endmacro %}
