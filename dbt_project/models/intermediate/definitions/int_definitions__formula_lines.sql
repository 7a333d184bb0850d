-- What a tool's formula adds to a rate: ChartMogul nets reactivated MRR in retention, Stripe divides churned
-- customers by
-- those of the start and the new ones. A month on which MRR agrees is taken from our movements; whether someone was
-- there
-- before is the tool's own history.
with
    disputed as (
        select distinct tenant_id, definition, customer_id, unnest([month_index, month_index + 1]) as month_index
        from {{ ref("int_definitions__item_lines_posted") }}
    ),

    tools as (select unnest(['stripe', 'chartmogul']) as definition),

    ours as (
        select
            t.definition,
            m.tenant_id,
            m.customer_id,
            m.month_index,
            m.movement = 'reactivation' as is_reactivated,
            sum(m.movement_reporting) as arrived_mrr
        from {{ ref("int_mrr__movements_valued") }} as m
        cross join tools as t
        where m.movement in ('new', 'reactivation')
        group by all
    ),

    arrivals as (
        select o.*
        from ours as o
        anti join disputed using (tenant_id, definition, customer_id, month_index)
        union all by name
        select definition, tenant_id, customer_id, month_index, null::boolean as is_reactivated, risen as arrived_mrr
        from {{ ref("int_definitions__side_months") }}
        where side = 'theirs' and is_customer and not was_customer and definition in ('stripe', 'chartmogul')
    ),

    disputed_by_chartmogul as (select distinct tenant_id, customer_id from disputed where definition = 'chartmogul'),

    -- First month with MRR by ChartMogul's rules, of the customers whose first month may be another than ours.
    months_of_both as (
        select m.tenant_id, m.customer_id, m.currency, m.month_index, m.net_mrr as mrr
        from {{ ref("int_mrr__customer_months_posted") }} as m
        semi join disputed_by_chartmogul using (tenant_id, customer_id)
        where m.net_mrr > 0
        union all
        select tenant_id, customer_id, currency, month_index, mrr
        from {{ ref("int_definitions__item_lines_posted") }}
        where definition = 'chartmogul'
    ),

    known_months as (
        select tenant_id, customer_id, month_index
        from months_of_both
        group by tenant_id, customer_id, month_index
        having sum(mrr) > 0
    ),

    firsts as (select tenant_id, customer_id, min(month_index) as first_month from known_months group by all)

select
    a.tenant_id,
    a.definition,
    a.customer_id,
    a.month_index,
    'nrr_monthly' as metric,
    'reactivation_netted' as reason,
    a.arrived_mrr as numerator_difference,
    0 as denominator_difference
from arrivals as a
left join firsts as f using (tenant_id, customer_id)
where
    a.definition = 'chartmogul'
    and case when f.first_month is null then a.is_reactivated else a.month_index > f.first_month end
union all
select tenant_id, definition, customer_id, month_index, 'logo_churn_rate', 'new_customers_in_denominator', 0, 10000
from arrivals
where definition = 'stripe'
