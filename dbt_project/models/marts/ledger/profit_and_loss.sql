select
    tenant_id,
    entity_id,
    period,
    account,
    currency,
    account_name,
    kind,
    (case when kind = 'income' then credit - debit else debit - credit end)::decimal(28, 4) as amount
from {{ ref("trial_balance") }}
where kind in ('income', 'expense') and (debit <> 0 or credit <> 0)
