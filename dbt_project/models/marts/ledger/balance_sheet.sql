-- What was earned and not paid out stands in equity: income less expenses of all periods so far.
with
    balances as (
        select tenant_id, entity_id, period, currency, account, account_name, kind, closing
        from {{ ref("trial_balance") }}
        where kind in ('asset', 'liability', 'equity')
        union all
        select tenant_id, entity_id, period, currency, 'retained earnings', 'Retained earnings', 'equity', sum(closing)
        from {{ ref("trial_balance") }}
        where kind in ('income', 'expense')
        group by all
    )

select
    tenant_id,
    entity_id,
    period,
    account,
    currency,
    account_name,
    kind,
    (case when kind = 'asset' then closing else - closing end)::decimal(28, 4) as amount
from balances
where closing <> 0
