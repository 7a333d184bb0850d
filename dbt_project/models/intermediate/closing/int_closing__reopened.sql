-- Figures of months that were closed, reopened and computed anew: what stood there and what stands there now.
with
    now_accounts as (
        select tenant_id, period as month, account, currency, sum(debit - credit) as value_now
        from {{ ref("trial_balance") }}
        group by all
    ),

    then_accounts as (
        select
            tenant_id,
            period as month,
            account,
            currency,
            closed_seq,
            reopened_at,
            reopened_by,
            sum(debit - credit) as value_then
        from {{ source("closed", "reopened_trial_balance") }}
        group by all
    ),

    now_mrr as (
        select tenant_id, month_index, currency, sum(net_mrr) as value_now
        from {{ ref("int_mrr__customer_months_posted") }}
        group by all
    ),

    then_mrr as (
        select tenant_id, month_index, currency, closed_seq, reopened_at, reopened_by, sum(net_mrr) as value_then
        from {{ source("closed", "reopened_customer_months") }}
        group by all
    ),

    closes as (
        select distinct tenant_id, month, closed_seq, reopened_at, reopened_by
        from then_accounts
        union
        select distinct tenant_id, {{ month_start("month_index") }}, closed_seq, reopened_at, reopened_by
        from then_mrr
    ),

    -- An account or a currency that only one of the two sides has is 0 on the other.
    figures as (
        select
            tenant_id,
            month,
            'trial_balance' as table_name,
            account as figure,
            currency,
            closed_seq,
            value_then,
            0 as value_now
        from then_accounts
        union all
        select c.tenant_id, c.month, 'trial_balance', n.account, n.currency, c.closed_seq, 0, n.value_now
        from closes as c
        inner join now_accounts as n on c.tenant_id = n.tenant_id and c.month = n.month
        union all
        select
            tenant_id,
            {{ month_start("month_index") }},
            'revenue_metrics',
            'mrr',
            currency,
            closed_seq,
            {{ money4("value_then") }},
            0
        from then_mrr
        union all
        select c.tenant_id, c.month, 'revenue_metrics', 'mrr', n.currency, c.closed_seq, 0, {{ money4("n.value_now") }}
        from closes as c
        inner join now_mrr as n on c.tenant_id = n.tenant_id and {{ month_index("c.month") }} = n.month_index
    ),

    sums as (
        select
            tenant_id,
            month,
            table_name,
            figure,
            currency,
            closed_seq,
            sum(value_then) as closed_value,
            sum(value_now) as late_value
        from figures
        group by all
        having sum(value_then) <> sum(value_now)
    )

select s.*, s.late_value - s.closed_value as difference, s.month as posted_month, c.reopened_at, c.reopened_by
from sums as s
inner join closes as c on s.tenant_id = c.tenant_id and s.month = c.month and s.closed_seq = c.closed_seq
