-- Each tool's MRR once more from the subscription rows alone, without any line: at the as-of date and a year before.
with
    snapshots as (
        select tenant_id, as_of, unnest([as_of_month - 12, as_of_month]) as month_index
        from {{ ref("stg_run__tenants") }}
    ),

    days as (
        select snapshots.*, {{ snapshot_on("month_index", "as_of") }} as day
        from snapshots {{ open_only("snapshots", "month_index", until="closed_month") }}
    ),

    in_force as (
        select
            i.*,
            d.day,
            d.month_index,
            coalesce(
                i.paused_from <= d.day and d.day < coalesce(i.paused_until, {{ far_future() }}), false
            ) as is_paused,
            case
                when d.day < coalesce(i.discount_ends_on, {{ far_future() }}) then i.discounted_mrr else i.list_mrr
            end as price_today,
            case when i.discount_ends_on is null then i.discounted_mrr else i.list_mrr end as price_without_coupon
        from {{ ref("int_mrr__items_dated") }} as i
        inner join days as d on i.tenant_id = d.tenant_id and i.started_on <= d.day and i.valid_to > d.day
        where i.set_aside_rule is null and coalesce(i.trial_ends_on <= d.day, true)
    ),

    late as (select tenant_id, subscription_id, late_from, late_to from {{ ref("int_definitions__delinquencies") }}),

    priced as (
        select tenant_id, 'stripe' as definition, customer_id, currency, month_index, price_without_coupon as mrr
        from in_force
        where product_kind <> 'usage' and coalesce(cancel_requested_on > day, true)
        union all
        select tenant_id, 'chartmogul', customer_id, currency, month_index, price_today
        from in_force
        where product_kind <> 'usage' and not is_paused
        union all
        select f.tenant_id, 'baremetrics', f.customer_id, f.currency, f.month_index, f.price_today
        from in_force as f
        left join
            late as l
            on f.tenant_id = l.tenant_id
            and f.subscription_id = l.subscription_id
            and f.day >= l.late_from
            and f.day < l.late_to
        where not f.is_paused and l.tenant_id is null
    ),

    cells as (
        select tenant_id, definition, customer_id, currency, month_index, sum(mrr) as mrr
        from priced
        group by all
        having sum(mrr) > 0
    ),

    expected as (
        select
            c.tenant_id,
            c.definition,
            {{ month_start("c.month_index") }} as month,
            {{ money4("sum(" ~ convert("c.mrr", "r.numerator", "r.denominator") ~ ")") }} as mrr
        from cells as c
        left join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
        group by all
    ),

    exchange as (
        select tenant_id, definition, month, sum(numerator_difference) as amount
        from {{ ref("metric_definition_differences") }}
        where metric = 'mrr' and reason = 'fx_rate'
        group by all
    ),

    published as (
        select c.tenant_id, c.definition, c.month, c.numerator - coalesce(x.amount, 0) as mrr
        from {{ ref("metric_definitions_compared") }} as c
        left join exchange as x using (tenant_id, definition, month)
        inner join days as d on c.tenant_id = d.tenant_id and c.month = {{ month_start("d.month_index") }}
        where c.metric = 'mrr' and c.definition <> 'naive_invoices'
    )

select
    coalesce(e.tenant_id, p.tenant_id) as tenant_id,
    coalesce(e.definition, p.definition) as definition,
    coalesce(e.month, p.month) as month,
    e.mrr as by_its_own_rule,
    p.mrr as published
from expected as e
full join published as p using (tenant_id, definition, month)
where coalesce(e.mrr, 0) <> coalesce(p.mrr, 0)
