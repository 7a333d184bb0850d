-- Instalments stand only if they are positive and sum to the invoice's total with tax.
with
    instalments as (
        select s.*, i.currency, i.total_minor, {{ to_minor("s.amount", "c.millionths_per_minor") }} as amount_minor
        from {{ ref("int_receivables__invoice_instalments_unioned") }} as s
        inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
        left join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
    )

select
    *,
    coalesce(sum(amount_minor) over later, 0)::bigint as later_minor,
    due_on = min(due_on) over invoice as is_first,
    case
        when bool_or(amount_minor is null) over invoice
        then 'more_decimals_than_currency'
        when bool_or(amount_minor <= 0) over invoice
        then 'instalment_not_positive'
        when sum(amount_minor) over invoice <> total_minor
        then 'instalments_do_not_sum_to_total'
    end as set_aside_rule
from instalments
window
    invoice as (partition by tenant_id, invoice_id),
    later as (partition by tenant_id, invoice_id order by due_on rows between 1 following and unbounded following)
