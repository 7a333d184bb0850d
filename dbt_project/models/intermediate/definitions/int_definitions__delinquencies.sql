-- Days on which a subscription has had an invoice open for more than thirty days past its due date, as ranges that do
-- not overlap.
with
    balances as (
        select
            e.tenant_id,
            e.invoice_id,
            e.effective_on as open_from,
            lead(e.effective_on, 1, {{ far_future() }}) over invoice as open_to,
            sum(e.amount_minor) over invoice as balance_minor
        from
            (
                select tenant_id, invoice_id, effective_on, sum(amount_minor) as amount_minor
                from {{ ref("int_receivables__events") }}
                where invoice_id is not null
                group by all
            ) as e
        window invoice as (partition by e.tenant_id, e.invoice_id order by e.effective_on)
    ),

    late as (
        select b.tenant_id, i.subscription_id, greatest(b.open_from, p.due_on + 31) as late_from, b.open_to as late_to
        from balances as b
        inner join {{ ref("int_receivables__invoice_parts") }} as p using (tenant_id, invoice_id)
        inner join {{ ref("int_receivables__invoices_unioned") }} as i using (tenant_id, invoice_id)
        where i.subscription_id is not null and b.balance_minor > p.later_minor and b.open_to > p.due_on + 31
    ),

    reached as (
        select *, max(late_to) over before as reached_to
        from late
        window
            before as (
                partition by tenant_id, subscription_id
                order by late_from, late_to
                rows between unbounded preceding and 1 preceding
            )
    ),

    numbered as (
        select
            *,
            count_if(reached_to is null or late_from > reached_to) over (
                partition by tenant_id, subscription_id order by late_from, late_to
            ) as island
        from reached
    )

select tenant_id, subscription_id, min(late_from) as late_from, max(late_to) as late_to
from numbered
group by tenant_id, subscription_id, island
