-- Buckets and unapplied against the control figure, computed anew from the documents and not from the ageing's events:
-- what was invoiced and not void, less what was paid and credited and written off, plus what was refunded. In open
-- months:
-- closed ones keep what was known when they were closed.
with
    documents as (
        select tenant_id, currency, issued_on as counts_from, voided_on as counts_until, total_minor as amount_minor
        from {{ ref("int_receivables__invoices_totalled") }}
        union all
        select tenant_id, currency, received_on, null, - amount_minor
        from {{ ref("int_receivables__payments_unioned") }}
        where status = 'succeeded' and amount_minor is not null
        union all
        select tenant_id, currency, issued_on, null, - amount_minor
        from {{ ref("int_receivables__credit_notes_unioned") }}
        where amount_minor is not null
        union all
        select tenant_id, currency, effective_on, null, - amount_minor
        from {{ ref("int_receivables__write_offs_judged") }}
        where set_aside_rule is null
        union all
        select tenant_id, currency, greatest(effective_on, issued_on), null, amount_minor
        from {{ ref("int_receivables__refunds_judged") }}
        where set_aside_rule is null
    ),

    changes as (
        select tenant_id, currency, counts_from as changed_on, amount_minor
        from documents
        where counts_until is null or counts_until > counts_from
        union all
        select tenant_id, currency, counts_until, - amount_minor
        from documents
        where counts_until > counts_from
    ),

    daily as (select tenant_id, currency, changed_on, sum(amount_minor) as change_minor from changes group by all),

    control as (
        select *, sum(change_minor) over (partition by tenant_id, currency order by changed_on) as control_minor
        from daily
    )

select
    s.tenant_id,
    s.currency,
    s.as_of,
    s.total,
    {{ money("coalesce(c.control_minor, 0)", "u.millionths_per_minor") }} as control
from {{ ref("ar_aging_summary") }} as s
inner join {{ ref("stg_run__currencies") }} as u on s.currency = u.currency
asof left join
    control as c on s.tenant_id = c.tenant_id and s.currency = c.currency and s.as_of >= c.changed_on
    {{ open_only("s", "as_of") }}
where s.total <> {{ money("coalesce(c.control_minor, 0)", "u.millionths_per_minor") }}
