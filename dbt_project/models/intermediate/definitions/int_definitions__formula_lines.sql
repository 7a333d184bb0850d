-- What a tool's formula adds to a rate: ChartMogul nets reactivated MRR in retention, Stripe divides churned
-- customers by
-- those of the start and the new ones. Customers on whom MRR agrees are taken from our movements.
with
    ours as (
        select
            m.tenant_id,
            m.customer_id,
            m.month_index,
            bool_or(m.movement = 'reactivation') as is_reactivated,
            sum(m.movement_reporting) as movement_reporting
        from {{ ref("int_mrr__movements_valued") }} as m
        where m.movement in ('new', 'reactivation')
        group by all
    ),

    disputed as (select distinct tenant_id, definition, customer_id from {{ ref("int_definitions__sides") }}),

    arrivals as (
        select definition, tenant_id, customer_id, month_index, not is_first as is_reactivated, risen as arrived_mrr
        from {{ ref("int_definitions__side_months") }}
        where side = 'theirs' and is_customer and not was_customer
        union all
        select tool.definition, o.tenant_id, o.customer_id, o.month_index, o.is_reactivated, o.movement_reporting
        from ours as o
        cross join (values ('stripe'), ('chartmogul')) as tool(definition)
        anti join
            disputed as d
            on o.tenant_id = d.tenant_id
            and o.customer_id = d.customer_id
            and tool.definition = d.definition
    )

select
    tenant_id,
    definition,
    customer_id,
    month_index,
    'nrr_monthly' as metric,
    'reactivation_netted' as reason,
    arrived_mrr as numerator_difference,
    0 as denominator_difference
from arrivals
where definition = 'chartmogul' and is_reactivated
union all
select tenant_id, definition, customer_id, month_index, 'logo_churn_rate', 'new_customers_in_denominator', 0, 10000
from arrivals
where definition = 'stripe'
