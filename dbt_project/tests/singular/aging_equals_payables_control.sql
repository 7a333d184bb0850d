-- Buckets and unapplied against the control figure, computed anew from the documents and not from the ageing's events:
-- bills by their date less payments by theirs, in open months. On the last snapshot the ageing, the unapplied and the
-- documents agree.
with
    documents as (
        select tenant_id, currency, issued_on as counts_from, amount_minor
        from {{ ref("int_payables__bills_judged") }}
        where set_aside_rule is null
        union all
        select tenant_id, currency, paid_on, - amount_minor
        from {{ ref("int_payables__payments_judged") }}
        where set_aside_rule is null
    ),

    daily as (select tenant_id, currency, counts_from, sum(amount_minor) as change_minor from documents group by all),

    control as (
        select *, sum(change_minor) over (partition by tenant_id, currency order by counts_from) as control_minor
        from daily
    ),

    parts as (
        select tenant_id, as_of, currency, sum(amount) as parts
        from
            (
                select tenant_id, as_of, currency, outstanding as amount
                from {{ ref("ap_aging") }}
                union all
                select tenant_id, as_of, currency, unapplied
                from {{ ref("ap_unapplied") }}
            )
        group by all
    )

select
    s.tenant_id,
    s.currency,
    s.as_of,
    s.total,
    p.parts,
    {{ money("coalesce(c.control_minor, 0)", "u.millionths_per_minor") }} as control
from {{ ref("ap_aging_summary") }} as s
inner join {{ ref("stg_run__currencies") }} as u on s.currency = u.currency
left join parts as p on s.tenant_id = p.tenant_id and s.as_of = p.as_of and s.currency = p.currency
asof left join control as c on s.tenant_id = c.tenant_id and s.currency = c.currency and s.as_of >= c.counts_from
left join {{ ref("stg_run__closed") }} as closed on s.tenant_id = closed.tenant_id
where
    (
        coalesce(s.as_of > closed.closed_until, true)
        and s.total <> {{ money("coalesce(c.control_minor, 0)", "u.millionths_per_minor") }}
    )
    or s.total <> coalesce(p.parts, 0)
