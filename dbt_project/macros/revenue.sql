{#- What is earned, and by when. Amounts are minor units, days are inclusive, percents are integers of millionths. -#}
{#- minor × part ÷ whole, rounded once. Wide integers only where narrow ones could overflow: they cost three times. -#}
{% macro share_of(minor, part, whole) -%}
    (
        case
            when abs({{ minor }}) < 1000000000000
            then {{ divide_half_up("(" ~ minor ~ ") * (" ~ part ~ ")", whole) }}
            else {{ divide_half_up("(" ~ minor ~ ")::hugeint * (" ~ part ~ ")", whole) }}::bigint
        end
    )
{%- endmacro %}

{#- Earned of an amount that runs by day from starts_on to ends_on, through a day. What ends before it starts is
    earned at its start. -#}
{% macro earned_by_day(base, rest, starts_on, ends_on, day) -%}
    (
        case
            when {{ day }} < {{ starts_on }}
            then {{ base }}
            when {{ day }} >= {{ ends_on }}
            then {{ base }} + {{ rest }}
            else
                {{ base }}
                + {{ share_of(rest, day ~ " - " ~ starts_on ~ " + 1", ends_on ~ " - " ~ starts_on ~ " + 1") }}
        end
    )
{%- endmacro %}

{#- The same by measured progress; what is done before from_percent is in the base. -#}
{% macro earned_by_percent(base, rest, from_percent, percent) -%}
    (
        case
            when {{ percent }} >= 100000000
            then {{ base }} + {{ rest }}
            when {{ percent }} <= {{ from_percent }}
            then {{ base }}
            else
                {{ base }}
                + {{
                    divide_half_up(
                        "(" ~ rest ~ ")::hugeint * (" ~ percent ~ " - " ~ from_percent ~ ")",
                        "(100000000 - " ~ from_percent ~ ")",
                    )
                }}::bigint
        end
    )
{%- endmacro %}

{#- What an obligation has earned through a day, by its method. `way` names the columns of its price and stretch. -#}
{% macro earned(way, percent, day) -%}
    (
        case
            recognition
            when 'point_in_time'
            then case when transferred_on <= {{ day }} then {{ way.price }} else 0 end
            when 'percent_complete'
            then {{ earned_by_percent(way.base, way.rest, way.from_percent, percent) }}
            else {{ earned_by_day(way.base, way.rest, way.starts_on, way.ends_on, day) }}
        end
    )
{%- endmacro %}

{#- The two sides of billed less recognised. -#}
{% macro deferred(billed, recognized) -%} greatest({{ billed }} - {{ recognized }}, 0) {%- endmacro %}

{% macro contract_asset(billed, recognized) -%} greatest({{ recognized }} - {{ billed }}, 0) {%- endmacro %}

{#- Invoice lines that nothing corrected and that are billed for themselves: nearly all. Their revenue needs no table of
    its own, the month rows and the answer for any day both compute it from here. -#}
{% macro plain_invoice_lines(lines, invoices, units) -%}
    select
        l.tenant_id,
        l.line_id,
        l.invoice_id,
        l.product_id,
        l.net_minor,
        i.customer_id,
        i.contract_id,
        i.entity_id,
        i.currency,
        i.millionths_per_minor,
        i.issued_on,
        i.issue_month,
        i.as_of,
        i.as_of_month,
        coalesce(l.service_starts_on, l.service_ends_on, i.issued_on) as starts_on,
        greatest(coalesce(l.service_ends_on, l.service_starts_on, i.issued_on), starts_on) as ends_on
    from {{ lines }} as l
    inner join {{ invoices }} as i on l.tenant_id = i.tenant_id and l.invoice_id = i.invoice_id
    anti join
        {{ units }} as u on l.tenant_id = u.tenant_id and l.obligation_id = u.billed_as and i.currency = u.currency
    where l.set_aside_rule is null and not i.is_corrected
{%- endmacro %}

{#- Billed, recognised, deferred revenue and contract asset of every source on any day d, by the documents that are known
    on the as-of date. -#}
{% macro revenue_as_of() -%}
    with
        plain as (
            {{
                plain_invoice_lines(
                    in_any_file(ref("int_receivables__invoice_lines_valued")),
                    in_any_file(ref("int_revenue__invoices")),
                    in_any_file(ref("int_revenue__units")),
                )
            }}
        ),

        moved as (
            select tenant_id, source_kind, source_id, sum(billed_minor - credited_minor) as billed_minor
            from {{ in_any_file(ref("int_revenue__movements")) }}
            where moved_on <= d::date
            group by tenant_id, source_kind, source_id
        ),

        earned as (
            select
                tenant_id,
                source_kind,
                source_id,
                {{ earned_by_day("base_minor", "rest_minor", "starts_on", "ends_on", "d::date") }} as recognized_minor
            from {{ in_any_file(ref("int_revenue__curves")) }}
            where from_on <= d::date and until_on > d::date
        ),

        sources as (
            select
                tenant_id,
                'invoice_line' as source_kind,
                line_id as source_id,
                customer_id,
                currency,
                millionths_per_minor,
                case when issued_on <= d::date then net_minor else 0 end as billed_minor,
                {{ earned_by_day("0", "net_minor", "starts_on", "ends_on", "d::date") }} as recognized_minor
            from plain
            union all
            select
                s.tenant_id,
                s.source_kind,
                s.source_id,
                s.customer_id,
                s.currency,
                s.millionths_per_minor,
                coalesce(m.billed_minor, 0),
                coalesce(e.recognized_minor, 0)
            from {{ in_any_file(ref("int_revenue__sources_apart")) }} as s
            left join moved as m using (tenant_id, source_kind, source_id)
            left join earned as e using (tenant_id, source_kind, source_id)
        )

    select
        tenant_id,
        d::date as as_of,
        source_kind,
        source_id,
        customer_id,
        currency,
        {{ money("billed_minor", "millionths_per_minor") }} as billed,
        {{ money("recognized_minor", "millionths_per_minor") }} as recognized,
        {{ money(deferred("billed_minor", "recognized_minor"), "millionths_per_minor") }} as deferred,
        {{ money(contract_asset("billed_minor", "recognized_minor"), "millionths_per_minor") }} as contract_asset
    from sources
    where billed_minor <> 0 or recognized_minor <> 0
{%- endmacro %}
