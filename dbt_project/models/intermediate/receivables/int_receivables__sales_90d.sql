-- Invoiced totals of the 90 days up to each snapshot, without what was void by then.
with
    candidates as (
        select
            i.tenant_id,
            i.currency,
            i.issued_on,
            i.voided_on,
            i.total_minor,
            t.as_of,
            unnest(
                range({{ month_index("i.issued_on") }}, least({{ month_index("i.issued_on") }} + 4, t.as_of_month + 1))
            ) as month_index
        from {{ ref("int_receivables__invoices_totalled") }} as i
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where i.issued_on <= t.as_of
    ),

    dated as (select *, {{ snapshot_on("month_index", "as_of") }} as snapshot_on from candidates)

select tenant_id, currency, month_index, sum(total_minor) as sales_minor
from dated
where snapshot_on - issued_on between 0 and 89 and (voided_on is null or greatest(voided_on, issued_on) > snapshot_on)
group by all
