-- What late facts changed in the accounts of closed months, by the month of the document and the month that it was
-- posted in; all that was posted up to a month is what the closed month would be with it.
with
    late as (
        select
            tenant_id,
            date_trunc('month', document_on)::date as month,
            account,
            currency,
            period as posted_month,
            sum(debit - credit) as difference
        from {{ ref("journal_entries") }}
        where is_late
        group by all
        having sum(debit - credit) <> 0
    ),

    closed_accounts as (
        select b.tenant_id, b.period as month, b.account, b.currency, sum(b.debit - b.credit) as closed_value
        from {{ ref("trial_balance") }} as b
        semi join late on b.tenant_id = late.tenant_id
        group by all
    )

select
    l.tenant_id,
    l.month,
    'trial_balance' as table_name,
    l.account as figure,
    l.currency,
    coalesce(c.closed_value, 0) as closed_value,
    coalesce(c.closed_value, 0) + sum(l.difference) over (
        partition by l.tenant_id, l.month, l.account, l.currency order by l.posted_month
    ) as late_value,
    l.difference,
    l.posted_month
from late as l
left join
    closed_accounts as c
    on l.tenant_id = c.tenant_id
    and l.month = c.month
    and l.account = c.account
    and l.currency = c.currency
