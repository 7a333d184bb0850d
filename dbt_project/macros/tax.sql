{#- How a line is reported: by its code; without one it is standard if it bears tax, else zero-rated. -#}
{% macro tax_code_of(code, rate, tax) -%}
    coalesce({{ code }}, case when {{ rate }} > 0 or {{ tax }} <> 0 then 'standard' else 'zero_rated' end)
{%- endmacro %}

{#- A missing rate is 0 where no tax was charged, and unknown where a tax was given without it. -#}
{% macro tax_rate_of(rate, tax) -%} coalesce({{ rate }}, case when {{ tax }} = 0 then 0 end) {%- endmacro %}

{#- Nets by how they are reported; standard and reduced are taxable. -#}
{% macro nets_by_code(code, net) -%}
    coalesce(sum({{ net }}) filter (where {{ code }} in ('standard', 'reduced')), 0)::bigint as taxable_minor,
    coalesce(sum({{ net }}) filter (where {{ code }} = 'exempt'), 0)::bigint as exempt_minor,
    coalesce(sum({{ net }}) filter (where {{ code }} = 'zero_rated'), 0)::bigint as zero_rated_minor,
    coalesce(sum({{ net }}) filter (where {{ code }} = 'reverse_charge'), 0)::bigint as reverse_charge_minor
{%- endmacro %}

{#- Largest remainder: the part of a total that falls to one weight of several, within a window and its order of ties.
    Needs `floor_<x>`, `rest_<x>` from `share_floor` one query before. Weights are not negative and not all 0. -#}
{% macro share_floor(total, weight, weights) -%}
    divide(abs({{ total }})::hugeint * {{ weight }}, {{ weights }})
{%- endmacro %}

{% macro share_rest(total, weight, weights) -%}
    (abs({{ total }})::hugeint * {{ weight }}) % {{ weights }}
{%- endmacro %}

{% macro share(total, floor, rest, within, ties) -%}
    (
        sign({{ total }}) * (
            {{ floor }} + case
                when
                    row_number() over (partition by {{ within }} order by {{ rest }} desc, {{ ties }})
                    <= abs({{ total }}) - sum({{ floor }}) over (partition by {{ within }})
                then 1
                else 0
            end
        )
    )::bigint
{%- endmacro %}

{#- Credits taken one after the other from what is left of the weights of their parent, each split by largest remainder;
    so crediting everything credits each weight exactly. Where nothing is left the first weights count again, and where
    these are 0 too the first bucket takes it. `credits`: parent columns, credit_no from 1, credit_note_id, credit_minor;
    `weights`: parent columns, bucket_no from 1, weight_minor. -#}
{% macro credit_what_is_left(credits, weights, parent) -%}
    {%- set within = "tenant_id, " ~ parent | join(", ") -%}
    with recursive
        steps as (
            select
                {{ within }},
                bucket_no,
                0::bigint as credit_no,
                null::varchar as credit_note_id,
                weight_minor::hugeint as first_minor,
                weight_minor::hugeint as left_minor,
                0::bigint as share_minor
            from {{ weights }}
            union all
            select
                {{ within }},
                bucket_no,
                credit_no,
                credit_note_id,
                first_minor,
                left_minor - {{ share("credit_minor", "floor_minor", "rest_minor", within, "bucket_no") }},
                {{ share("credit_minor", "floor_minor", "rest_minor", within, "bucket_no") }}
            from
                (
                    select
                        *,
                        {{ share_floor("credit_minor", "weight_minor", "weights_minor") }} as floor_minor,
                        {{ share_rest("credit_minor", "weight_minor", "weights_minor") }} as rest_minor
                    from
                        (
                            select
                                *,
                                case
                                    when sum(greatest(left_minor, 0)) over parents > 0
                                    then greatest(left_minor, 0)
                                    when sum(greatest(first_minor, 0)) over parents > 0
                                    then greatest(first_minor, 0)
                                    when bucket_no = 1
                                    then 1
                                    else 0
                                end as weight_minor,
                                case
                                    when sum(greatest(left_minor, 0)) over parents > 0
                                    then sum(greatest(left_minor, 0)) over parents
                                    when sum(greatest(first_minor, 0)) over parents > 0
                                    then sum(greatest(first_minor, 0)) over parents
                                    else 1
                                end as weights_minor
                            from
                                (
                                    select
                                        s.* exclude (credit_no, credit_note_id, share_minor),
                                        c.credit_no,
                                        c.credit_note_id,
                                        c.credit_minor
                                    from steps as s
                                    inner join {{ credits }} as c using ({{ within }})
                                    where c.credit_no = s.credit_no + 1
                                )
                            window parents as (partition by {{ within }})
                        )
                )
        )

    select {{ within }}, bucket_no, credit_note_id, credit_no, share_minor
    from steps
    where credit_no > 0
{%- endmacro %}
