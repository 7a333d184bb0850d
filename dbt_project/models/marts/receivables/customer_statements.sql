-- Months in which something moved, and those in between in which a balance stood.
with
    moved as (
        select
            s.tenant_id,
            s.customer_id,
            s.currency,
            {{ month_index("s.posted_on") }} as month_index,
            t.as_of_month,
            coalesce(sum(s.amount) filter (where s.kind = 'invoice'), 0) as invoices,
            coalesce(sum(s.amount) filter (where s.kind = 'void'), 0) as voids,
            coalesce(sum(s.amount) filter (where s.kind = 'payment'), 0) as payments,
            coalesce(sum(s.amount) filter (where s.kind = 'credit_note'), 0) as credits,
            coalesce(sum(s.amount) filter (where s.kind in ('refund', 'chargeback')), 0) as refunds,
            coalesce(sum(s.amount) filter (where s.kind = 'write_off'), 0) as write_offs,
            coalesce(sum(s.amount) filter (where s.kind = 'transfer'), 0) as transfers,
            sum(s.amount) as moved
        from {{ ref("customer_statement_lines") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        group by all
    ),

    running as (
        select *, sum(moved) over months as closing, lead(month_index, 1, as_of_month + 1) over months as end_month
        from moved
        window months as (partition by tenant_id, customer_id, currency order by month_index)
    ),

    laid_out as (
        select *, unnest(range(month_index, case when closing = 0 then month_index + 1 else end_month end)) as of_month
        from running
    )

select
    tenant_id,
    customer_id,
    {{ month_start("of_month") }} as month,
    currency,
    (case when of_month = month_index then closing - moved else closing end)::decimal(28, 4) as opening,
    {% for column in ["invoices", "voids", "payments", "credits", "refunds", "write_offs", "transfers"] -%}
        (case when of_month = month_index then {{ column }} else 0 end)::decimal(28, 4) as {{ column }},
    {% endfor -%}
    closing::decimal(28, 4) as closing
from laid_out
