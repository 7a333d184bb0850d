-- Lines of one customer's invoice that bill a contract of another: invoiced here, earned there.
with
    lines as (
        select
            a.tenant_id,
            a.customer_id as invoiced_to,
            u.customer_id as earned_from,
            a.currency,
            {{ month_index("a.issued_on") }} as month_index,
            a.net_minor
        from {{ ref("int_revenue__lines_apart") }} as a
        inner join
            {{ ref("int_revenue__units") }} as u
            on a.tenant_id = u.tenant_id
            and a.unit_kind = u.source_kind
            and a.unit_id = u.source_id
        where a.customer_id <> u.customer_id
    ),

    sides as (
        select tenant_id, invoiced_to as customer_id, currency, month_index, - net_minor as moved_minor
        from lines
        union all
        select tenant_id, earned_from, currency, month_index, net_minor
        from lines
    )

select tenant_id, customer_id, currency, month_index, sum(moved_minor) as moved_minor
from sides
group by all
