-- Assets as they stand, what is owed and owned with the sign turned, and what was earned so far as retained earnings.
with
    parts as (
        select
            r.* exclude (account, purpose, column_name, amount),
            case when t.kind in ('income', 'expense') then 'retained earnings' else t.account end as account,  -- noqa: RF04
            'amount' as column_name,
            (case when t.kind = 'asset' then r.amount else - r.amount end)::decimal(38, 6) as amount
        from {{ in_file("trial_balance_rows") }} as r
        inner join {{ in_file("trial_balance") }} as t using (tenant_id, entity_id, period, account, purpose, currency)
        where r.column_name = 'closing'
    )

-- A balance of 0 has no row there.
select p.*
from parts as p
semi join {{ in_file("balance_sheet") }} using (tenant_id, entity_id, period, account, currency)
