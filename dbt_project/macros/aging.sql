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

{#- Creates marts.ar_aging_as_of(d): the ageing of any day, from documents dated up to it. -#}
{% macro create_ar_aging_as_of() -%}
    {{ "create or replace macro " ~ this.schema ~ ".ar_aging_as_of(d) as table" }}
    with
        balances as (
            select tenant_id, invoice_id, sum(amount_minor) as balance_minor
            from {{ in_any_file(ref("int_receivables__events")) }}
            where invoice_id is not null and effective_on <= d::date
            group by tenant_id, invoice_id
            having sum(amount_minor) > 0
        ),

        parts as (
            select
                p.*,
                least(b.balance_minor - p.later_minor, coalesce(p.limit_minor, b.balance_minor)) as outstanding_minor
            from balances as b
            inner join {{ in_any_file(ref("int_receivables__invoice_parts")) }} as p using (tenant_id, invoice_id)
        )

    select
        tenant_id,
        d::date as as_of,
        invoice_id,
        due_on,
        customer_id,
        currency,
        {{ money("outstanding_minor", "millionths_per_minor") }} as outstanding,
        greatest(d::date - due_on, 0) as days_past_due,
        {{ aging_bucket("d::date", "due_on") }} as bucket
    from parts
    where outstanding_minor > 0
{%- endmacro %}
