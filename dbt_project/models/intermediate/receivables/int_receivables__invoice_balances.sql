-- Each invoice's balance at the month snapshots where it is not 0: events are added up per month, then laid out.
with
    monthly as (
        select
            e.tenant_id,
            e.invoice_id,
            e.customer_id,
            e.currency,
            t.as_of,
            t.as_of_month,
            {{ month_index("e.effective_on") }} as month_index,
            sum(e.amount_minor) as amount_minor
        from {{ ref("int_receivables__events") }} as e
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where e.invoice_id is not null and e.effective_on <= t.as_of
        group by all
    ),

    running as (
        select
            *,
            sum(amount_minor) over months as balance_minor,
            lead(month_index, 1, as_of_month + 1) over months as end_month
        from monthly
        window months as (partition by tenant_id, invoice_id order by month_index)
    ),

    laid_out as (
        select
            tenant_id,
            invoice_id,
            customer_id,
            currency,
            as_of,
            balance_minor::bigint as balance_minor,
            unnest(range(month_index, end_month)) as month_index
        from running
        where balance_minor <> 0
    )

select
    tenant_id,
    invoice_id,
    customer_id,
    currency,
    month_index,
    {{ snapshot_on("month_index", "as_of") }} as as_of,
    balance_minor
from laid_out
