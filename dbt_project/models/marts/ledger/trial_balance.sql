-- What journal_entries shows, summed: of what months earned its amounts are summed before they become lines.
with
    earned as (
        select
            * exclude (source_id, customer_id, amount_minor),
            null::varchar as source_id,
            null::varchar as customer_id,
            amount_minor > 0 as is_debit,
            sum(amount_minor) as amount_minor
        from {{ ref("int_ledger__revenue_legs") }}
        group by all
    ),

    lines as (
        select *
        from {{ ref("int_ledger__document_lines") }}
        union all by name
        {{ journal_lines("earned") }}
        union all by name
        select *
        from {{ ref("int_ledger__lines_closed") }}
    ),

    months as (
        select tenant_id, entity_id, period, account, purpose, currency, sum(debit) as debit, sum(credit) as credit
        from lines
        group by all
    ),

    -- An account stays from its first posting on, also in months in which nothing moves.
    grid as (
        select
            m.tenant_id,
            m.entity_id,
            m.account,
            m.purpose,
            m.currency,
            unnest(generate_series(min(m.period), date_trunc('month', max(t.as_of))::date, interval 1 month))::date
            as period
        from months as m
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        group by all
    ),

    running as (
        select
            g.*,
            coalesce(m.debit, 0) as debit,
            coalesce(m.credit, 0) as credit,
            sum(coalesce(m.debit, 0) - coalesce(m.credit, 0)) over periods as closing
        from grid as g
        left join months as m using (tenant_id, entity_id, account, purpose, currency, period)
        window periods as (partition by g.tenant_id, g.entity_id, g.account, g.purpose, g.currency order by g.period)
    ),

    posted as (select tenant_id, account, purpose, account_name, kind from {{ ref("int_ledger__accounts") }}),

    -- An account to which only closed months posted has the name that it had then.
    named as (
        select *
        from posted
        union all
        select f.tenant_id, f.account, f.purpose, f.account_name, f.kind
        from {{ source("closed", "trial_balance") }} as f
        anti join posted as p on f.tenant_id = p.tenant_id and f.account = p.account and f.purpose = p.purpose
    ),

    names as (
        select tenant_id, account, purpose, min(account_name) as account_name, min(kind) as kind from named group by all
    )

select
    r.tenant_id,
    r.entity_id,
    r.period,
    r.account,
    r.currency,
    n.account_name,
    r.purpose,
    n.kind,
    (r.closing - r.debit + r.credit)::decimal(28, 4) as opening,
    r.debit::decimal(28, 4) as debit,
    r.credit::decimal(28, 4) as credit,
    r.closing::decimal(28, 4) as closing
from running as r
inner join
    names as n on r.tenant_id = n.tenant_id and r.account = n.account and r.purpose = n.purpose
    {{ open_only("r", "period") }}
union all by name
{{ closed_rows("trial_balance", "period") }}
