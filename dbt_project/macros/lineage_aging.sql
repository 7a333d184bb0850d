{#- Open documents by the rows that moved them. A document's parts by due date are cut from its balance (later parts
    first, none above its own amount), so a row is what the part grows by when the row is added in the order of days. -#}
{% macro aging_rows(aging, rows, parts, document, party) -%}
    with
        dated as (
            select
                a.as_of,
                a.due_on,
                a.bucket,
                r.*,
                d.later_minor,
                d.limit_minor,
                d.millionths_per_minor,
                sum(r.amount_minor) over part as running
            from {{ in_file(aging) }} as a
            inner join {{ in_file(rows) }} as r using (tenant_id, {{ document }})
            inner join {{ in_file(parts) }} as d using (tenant_id, {{ document }}, due_on)
            where r.effective_on <= a.as_of
            window
                part as (
                    partition by a.tenant_id, a.as_of, a.{{ document }}, a.due_on
                    order by r.effective_on, r.row_order, r.source_table, r.source_id
                    rows between unbounded preceding and current row
                )
        )

    select
        * exclude (later_minor, limit_minor, millionths_per_minor, running, amount_minor, {{ party }}),
        {{ party }} as party,
        {{ document }} as document_name,
        kind as step,
        {{ cut_to_part("running") }} - {{ cut_to_part("(running - amount_minor)") }} as part_minor,
        {{ money("part_minor", "millionths_per_minor") }} as part
    from dated
{%- endmacro %}

{% macro cut_to_part(balance) -%}
    greatest(least({{ balance }} - later_minor, coalesce(limit_minor, {{ balance }})), 0)
{%- endmacro %}

{#- Money on account at the snapshots by the rows that moved it, and what documents hold beyond their totals. -#}
{% macro unapplied_rows(unapplied, rows, document, party) -%}
    with
        snapshots as (
            select distinct u.tenant_id, u.as_of, u.{{ party }}, u.currency, c.millionths_per_minor
            from {{ in_file(unapplied) }} as u
            inner join {{ in_file("stg_run__currencies") }} as c on u.currency = c.currency
        ),

        on_account as (
            select u.as_of, u.millionths_per_minor, r.*, r.amount_minor as part_minor
            from snapshots as u
            inner join {{ in_file(rows) }} as r using (tenant_id, {{ party }}, currency)
            where r.{{ document }} is null and r.effective_on <= u.as_of
        ),

        beyond as (
            select u.as_of, u.millionths_per_minor, r.*, sum(r.amount_minor) over balance as running
            from snapshots as u
            inner join {{ in_file(rows) }} as r using (tenant_id, {{ party }}, currency)
            where r.{{ document }} is not null and r.effective_on <= u.as_of
            window
                balance as (
                    partition by u.tenant_id, u.as_of, r.{{ document }}
                    order by r.effective_on, r.row_order, r.source_table, r.source_id
                    rows between unbounded preceding and current row
                )
        ),

        both_kinds as (
            select *
            from on_account
            union all by name
            select * exclude (running), least(running, 0) - least(running - amount_minor, 0) as part_minor
            from beyond
        )

    select
        *,
        {{ party }} as party,
        document_id as document_name,
        kind as step,
        {{ money("part_minor", "millionths_per_minor") }} as part
    from both_kinds
    where part_minor <> 0
{%- endmacro %}
