-- What was invoiced in a month without tax, by what kind of line it is, in ten-thousandths: posted, not void by now.
with
    lines as (
        select
            i.tenant_id,
            i.customer_id,
            i.currency,
            i.subscription_id,
            {{ month_index("i.issued_on") }} as month_index,
            p.kind,
            l.service_ends_on - l.service_starts_on + 1 as service_days,
            l.net_minor * divide(c.millionths_per_minor, 100) as net
        from {{ ref("int_receivables__invoice_lines_valued") }} as l
        inner join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
        inner join {{ ref("stg_run__tenants") }} as t on i.tenant_id = t.tenant_id
        inner join {{ ref("stg_run__currencies") }} as c on i.currency = c.currency
        left join
            {{ ref("int_mrr__products_unioned") }} as p on l.tenant_id = p.tenant_id and l.product_id = p.product_id
        where l.set_aside_rule is null and i.issued_on <= t.as_of and coalesce(i.voided_on > t.as_of, true)
    )

select
    tenant_id,
    customer_id,
    currency,
    month_index,
    case
        when kind in ('one_time', 'service')
        then 'one_off_invoiced'
        when kind = 'usage'
        then 'usage_invoiced'
        when kind is null and subscription_id is null
        then 'no_subscription_named'
        when service_days > 31
        then 'several_months_invoiced'
        when service_days < 28
        then 'part_of_a_month_invoiced'
        else 'month_invoiced'
    end as reason,
    sum(net)::bigint as invoiced
from lines
group by all
having sum(net) <> 0
