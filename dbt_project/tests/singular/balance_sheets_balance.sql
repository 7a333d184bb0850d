select
    tenant_id,
    entity_id,
    period,
    currency,
    sum(amount) filter (where kind = 'asset') as assets,
    sum(amount) filter (where kind <> 'asset') as liabilities_and_equity
from {{ ref("balance_sheet") }}
group by all
having coalesce(sum(amount) filter (where kind = 'asset'), 0) <> coalesce(sum(amount) filter (where kind <> 'asset'), 0)
