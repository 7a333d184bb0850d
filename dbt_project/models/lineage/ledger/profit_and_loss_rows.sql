select
    r.* exclude (purpose, column_name, amount),
    'amount' as column_name,
    (case when (t.kind = 'income') = (r.column_name = 'credit') then r.amount else - r.amount end)::decimal(
        38, 6
    ) as amount
from {{ in_file("trial_balance_rows") }} as r
inner join {{ in_file("trial_balance") }} as t using (tenant_id, entity_id, period, account, purpose, currency)
where r.column_name in ('debit', 'credit') and t.kind in ('income', 'expense')
