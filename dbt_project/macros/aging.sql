{#- Days past due to a bucket; a document due on the day itself is current. -#}
{% macro aging_bucket(as_of, due_on) -%}
    case
        when {{ as_of }} <= {{ due_on }}
        then 'current'
        when {{ as_of }} - {{ due_on }} <= 30
        then '1-30'
        when {{ as_of }} - {{ due_on }} <= 60
        then '31-60'
        when {{ as_of }} - {{ due_on }} <= 90
        then '61-90'
        when {{ as_of }} - {{ due_on }} <= 120
        then '91-120'
        else '120+'
    end
{%- endmacro %}

{#- A relation as schema.table: a table macro outlives the name of the file in which it was made. -#}
{% macro in_any_file(relation) -%} {{ relation.schema }}.{{ relation.identifier }} {%- endmacro %}

{#- The ageing of any day d, from documents dated up to it. -#}
{% macro aging_as_of(events, parts, document, party) -%}
    with
        balances as (
            select tenant_id, {{ document }}, sum(amount_minor) as balance_minor
            from {{ in_any_file(ref(events)) }}
            where {{ document }} is not null and effective_on <= d::date
            group by tenant_id, {{ document }}
            having sum(amount_minor) > 0
        ),

        parts as (
            select
                p.*,
                least(b.balance_minor - p.later_minor, coalesce(p.limit_minor, b.balance_minor)) as outstanding_minor
            from balances as b
            inner join
                {{ in_any_file(ref(parts)) }} as p
                on b.tenant_id = p.tenant_id
                and b.{{ document }} = p.{{ document }}
                and p.valid_after < d::date
                and p.valid_until >= d::date
        )

    select
        tenant_id,
        d::date as as_of,
        {{ document }},
        due_on,
        {{ party }},
        currency,
        {{ money("outstanding_minor", "millionths_per_minor") }} as outstanding,
        greatest(d::date - due_on, 0) as days_past_due,
        {{ aging_bucket("d::date", "due_on") }} as bucket
    from parts
    where outstanding_minor > 0
{%- endmacro %}

{#- Balances that are not 0 at the month snapshots: events are added up per month, then laid out. A document that came to
    another party is taken back from the first, so each of its keys has a balance of its own. -#}
{% macro balances_at_snapshots(events, keys, condition) -%}
    with
        monthly as (
            select
                e.tenant_id,
                e.{{ keys | join(", e.") }},
                t.as_of,
                t.as_of_month,
                {{ month_index("e.effective_on") }} as month_index,
                sum(e.amount_minor) as amount_minor
            from {{ ref(events) }} as e
            inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
            where e.{{ condition }} and e.effective_on <= t.as_of
            group by all
        ),

        running as (
            select
                *,
                sum(amount_minor) over months as balance_minor,
                lead(month_index, 1, as_of_month + 1) over months as end_month
            from monthly
            window months as (partition by tenant_id, {{ keys | join(", ") }} order by month_index)
        ),

        laid_out as (
            select
                tenant_id,
                {{ keys | join(", ") }},
                as_of,
                balance_minor::bigint as balance_minor,
                unnest(range(month_index, end_month)) as month_index
            from running
            where balance_minor <> 0
        )

    select
        tenant_id,
        {{ keys | join(", ") }},
        month_index,
        {{ snapshot_on("month_index", "as_of") }} as as_of,
        balance_minor
    from laid_out
{%- endmacro %}

{#- Open parts of documents at each snapshot. What a document received beyond its total is not here but in unapplied. -#}
{% macro open_parts(balances, parts, document, party) -%}
    with
        parts as (
            select
                b.tenant_id,
                b.as_of,
                b.month_index,
                b.{{ document }},
                p.due_on,
                b.{{ party }},
                b.currency,
                p.millionths_per_minor,
                least(b.balance_minor - p.later_minor, coalesce(p.limit_minor, b.balance_minor)) as outstanding_minor
            from {{ ref(balances) }} as b
            inner join
                {{ ref(parts) }} as p
                on b.tenant_id = p.tenant_id
                and b.{{ document }} = p.{{ document }}
                and b.as_of > p.valid_after
                and b.as_of <= p.valid_until
            where b.balance_minor > 0
        )

    select *, greatest(as_of - due_on, 0) as days_past_due, {{ aging_bucket("as_of", "due_on") }} as bucket
    from parts
    where outstanding_minor > 0
{%- endmacro %}

{#- Money on account per party at each snapshot, and what documents hold beyond their totals: 0 or below. -#}
{% macro unapplied_at_snapshots(events, balances, document, party) -%}
    with
        on_account as ({{ balances_at_snapshots(events, [party, "currency"], document ~ " is null") }}),

        both_kinds as (
            select tenant_id, {{ party }}, currency, month_index, balance_minor
            from on_account
            union all
            select tenant_id, {{ party }}, currency, month_index, balance_minor
            from {{ ref(balances) }}
            where balance_minor < 0
        )

    select tenant_id, {{ party }}, currency, month_index, sum(balance_minor)::bigint as unapplied_minor
    from both_kinds
    group by all
    having sum(balance_minor) <> 0
{%- endmacro %}

{#- Totals per currency and bucket at each snapshot from the currency's first document on, in minor units. -#}
{% macro aging_totals(events, parts, unapplied) -%}
    {% set columns = {
        "current_minor": "current",
        "d1_30_minor": "1-30",
        "d31_60_minor": "31-60",
        "d61_90_minor": "61-90",
        "d91_120_minor": "91-120",
        "d120_plus_minor": "120+",
    } -%}
    with
        first_months as (
            select
                e.tenant_id, e.currency, t.as_of, t.as_of_month, min({{ month_index("e.effective_on") }}) as first_month
            from {{ ref(events) }} as e
            inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
            where e.effective_on <= t.as_of
            group by all
        ),

        grid as (
            select
                tenant_id, currency, as_of as tenant_as_of, unnest(range(first_month, as_of_month + 1)) as month_index
            from first_months
        ),

        outstanding as (
            select
                tenant_id,
                currency,
                month_index,
                {% for column, bucket in columns.items() -%}
                    sum(outstanding_minor) filter (where bucket = '{{ bucket }}') as {{ column }},
                {% endfor -%}
                sum(outstanding_minor) as outstanding_minor
            from {{ ref(parts) }}
            group by all
        ),

        unapplied as (
            select tenant_id, currency, month_index, sum(unapplied_minor) as unapplied_minor
            from {{ ref(unapplied) }}
            group by all
        )

    select
        g.tenant_id,
        g.currency,
        g.month_index,
        {{ snapshot_on("g.month_index", "g.tenant_as_of") }} as as_of,
        {% for column in columns -%} coalesce(o.{{ column }}, 0) as {{ column }}, {% endfor -%}
        coalesce(u.unapplied_minor, 0) as unapplied_minor,
        coalesce(o.outstanding_minor, 0) + coalesce(u.unapplied_minor, 0) as total_minor
    from grid as g
    left join outstanding as o using (tenant_id, currency, month_index)
    left join unapplied as u using (tenant_id, currency, month_index)
{%- endmacro %}

{#- What DSO counts back over: each snapshot's receivables beside the sales of each month up to it, by what was open then. -#}
{% macro sales_at_snapshots(totals, month_sales) -%}
    select
        r.tenant_id,
        r.currency,
        r.month_index,
        r.as_of,
        greatest(r.total_minor, 0) as receivable_minor,
        s.issue_month,
        sum(s.sales_minor) as sales_minor
    from {{ totals }} as r
    inner join
        {{ month_sales }} as s
        on r.tenant_id = s.tenant_id
        and r.currency = s.currency
        and r.month_index >= s.issue_month
        and r.month_index < s.void_month
    group by all
{%- endmacro %}
