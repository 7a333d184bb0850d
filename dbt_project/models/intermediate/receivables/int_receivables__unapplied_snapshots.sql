-- Money and credits on account per customer at each snapshot, and what invoices hold beyond their totals: 0 or below.
with
    monthly as (
        select
            e.tenant_id,
            e.customer_id,
            e.currency,
            t.as_of,
            t.as_of_month,
            {{ month_index("e.effective_on") }} as month_index,
            sum(e.amount_minor) as amount_minor
        from {{ ref("int_receivables__events") }} as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.invoice_id is null and e.effective_on <= t.as_of
        group by all
    ),

    running as (
        select
            *,
            sum(amount_minor) over months as balance_minor,
            lead(month_index, 1, as_of_month + 1) over months as end_month
        from monthly
        window months as (partition by tenant_id, customer_id, currency order by month_index)
    ),

    on_account as (
        select tenant_id, customer_id, currency, unnest(range(month_index, end_month)) as month_index, balance_minor
        from running
        where balance_minor <> 0
    ),

    both_kinds as (
        select tenant_id, customer_id, currency, month_index, balance_minor
        from on_account
        union all
        select tenant_id, customer_id, currency, month_index, balance_minor
        from {{ ref("int_receivables__invoice_balances") }}
        where balance_minor < 0
    )

select tenant_id, customer_id, currency, month_index, sum(balance_minor)::bigint as unapplied_minor
from both_kinds
group by all
having sum(balance_minor) <> 0
