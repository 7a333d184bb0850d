{#- The columns of an ageing summary: a bucket is the open documents of its days, the total all of them with what is
    unapplied. -#}
{% macro aging_summary_cases(more=[]) -%}
    {%- set cases = [("total", "", "p.part")] + more -%}
    {%- for column, bucket in {
        "current": "current",
        "d1_30": "1-30",
        "d31_60": "31-60",
        "d61_90": "61-90",
        "d91_120": "91-120",
        "d120_plus": "120+",
    }.items() -%}
        {%- do cases.append((column, "", "case when p.bucket = '" ~ bucket ~ "' then p.part end")) -%}
    {%- endfor -%}
    {{ return(cases) }}
{%- endmacro %}
