{#- Money is integers. These are the only places where it is divided, rounded or turned into a decimal. -#}
{#- a / b rounded half-up, away from zero. Both are integers, b is above 0. -#}
{% macro divide_half_up(a, b) -%}
    (
        case
            when ({{ a }}) >= 0
            then divide(2 * ({{ a }}) + ({{ b }}), 2 * ({{ b }}))
            else - divide(({{ b }}) - 2 * ({{ a }}), 2 * ({{ b }}))
        end
    )
{%- endmacro %}

{#- Amounts below this are turned into integers of 64 bits. Wider ones take twenty times as long, and hardly occur. -#}
{% macro is_narrow(amount) -%} abs({{ amount }}) < 900000000000 {%- endmacro %}

{#- A narrow decimal(38,6) as an integer count of millionths: its units and what is beside them, each exactly. -#}
{% macro narrow_millionths(amount) -%}
    {%- set units = amount ~ "::decimal(18, 6)::bigint" -%}
    (
        {{ units }} * 1000000 + (
            ({{ amount }}::decimal(18, 6) - ({{ units }})::decimal(18, 6))::decimal(7, 6) * 1000000::decimal(7, 0)
        )::bigint
    )
{%- endmacro %}

{#- A decimal(38,6) as an integer count of millionths. -#}
{% macro to_millionths(amount) -%}
    (
        case
            when {{ is_narrow(amount) }}
            then {{ narrow_millionths(amount) }}::hugeint
            else (({{ amount }}) * 1000000)::hugeint
        end
    )
{%- endmacro %}

{#- Currency units to minor units; null when the currency has fewer decimals than the amount, or is unknown. -#}
{% macro to_minor(amount, millionths_per_minor) -%}
    case
        when {{ is_narrow(amount) }}
        then
            case
                when {{ narrow_millionths(amount) }} % {{ millionths_per_minor }} = 0
                then divide({{ narrow_millionths(amount) }}, {{ millionths_per_minor }})
            end
        when (({{ amount }}) * 1000000)::hugeint % {{ millionths_per_minor }} = 0
        then try_cast(divide((({{ amount }}) * 1000000)::hugeint, {{ millionths_per_minor }}) as bigint)
    end
{%- endmacro %}

{#- Minor units to currency units with six decimals. -#}
{% macro from_minor(minor, millionths_per_minor) -%}
    ((({{ minor }})::hugeint * {{ millionths_per_minor }})::decimal(38, 0) * 0.000001::decimal(6, 6))::decimal(38, 6)
{%- endmacro %}

{#- Minor units to the type of a money column in marts. Up to 17 digits by a multiplication of decimals, which takes a
    tenth of the time of dividing wide integers. -#}
{% macro money(minor, millionths_per_minor) -%}
    (
        case
            when abs({{ minor }}) < 100000000000000000
            then
                (
                    ({{ minor }})::decimal(18, 0)
                    * (({{ millionths_per_minor }})::decimal(7, 0) * 0.000001::decimal(6, 6))::decimal(5, 4)
                )::decimal(28, 4)
            else {{ money4("divide((" ~ minor ~ ")::hugeint * " ~ millionths_per_minor ~ ", 100)") }}
        end
    )
{%- endmacro %}

{#- Ten-thousandths of a currency unit (the unit of MRR and of reporting amounts) to the type of a money column. -#}
{% macro money4(units) -%}
    (
        case
            when abs({{ units }}) < 100000000000000
            then ({{ units }})::decimal(14, 0) * 0.0001::decimal(4, 4)
            else ({{ units }})::decimal(28, 0) * 0.0001::decimal(4, 4)
        end
    )::decimal(28, 4)
{%- endmacro %}

{#- An amount in another currency, rounded once. The rate is a fraction of integers. Wide integers only where narrow ones
    could overflow. -#}
{% macro convert(amount, numerator, denominator) -%}
    (
        case
            when abs({{ amount }})::double * {{ numerator }} < 4e18 and {{ denominator }} < 1000000000000000000
            then
                {{
                    divide_half_up(
                        "(" ~ amount ~ ")::bigint * (" ~ numerator ~ ")::bigint", "(" ~ denominator ~ ")::bigint"
                    )
                }}
            else {{ divide_half_up("(" ~ amount ~ ")::hugeint * " ~ numerator, denominator) }}
        end
    )
{%- endmacro %}

{#- An unrounded rate: null when its denominator is 0. -#}
{% macro ratio(a, b) -%}(({{ a }})::double / nullif({{ b }}, 0)::double) {%- endmacro %}
