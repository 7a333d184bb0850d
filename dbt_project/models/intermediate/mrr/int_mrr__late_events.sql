-- What late facts changed of the MRR with which the closed months end, as events of the first open day. The kind is the
-- customer's, over all currencies, as everywhere.
with
    months as (
        select fresh.tenant_id, fresh.customer_id, fresh.currency, 0 as before_mrr, fresh.net_mrr as mrr_after
        from {{ ref("int_mrr__customer_months") }} as fresh
        semi join
            {{ ref("stg_run__closed") }} as closed
            on fresh.tenant_id = closed.tenant_id
            and fresh.month_index = closed.closed_month
        union all
        select fresh.tenant_id, fresh.customer_id, fresh.currency, fresh.net_mrr, 0
        from {{ ref("int_mrr__customer_months_closed") }} as fresh
        semi join
            {{ ref("stg_run__closed") }} as closed
            on fresh.tenant_id = closed.tenant_id
            and fresh.month_index = closed.closed_month
    ),

    cells as (
        select
            tenant_id, customer_id, currency, sum(before_mrr)::bigint as before_mrr, sum(mrr_after)::bigint as mrr_after
        from months
        group by all
    ),

    customers as (
        select tenant_id, customer_id, max(before_mrr) > 0 as was_customer, max(mrr_after) > 0 as is_customer
        from cells
        group by all
        having count_if(before_mrr <> mrr_after) > 0
    ),

    known as (
        select distinct tenant_id, customer_id from {{ ref("int_mrr__customer_months_closed") }} where net_mrr > 0
    )

select
    c.tenant_id,
    c.customer_id,
    closed.first_open_on as day,
    case
        when u.was_customer and not u.is_customer
        then 'churn'
        when not u.was_customer and k.customer_id is null
        then 'new'
        when not u.was_customer
        then 'reactivation'
        when c.mrr_after > c.before_mrr
        then 'expansion'
        else 'contraction'
    end as kind,
    c.currency,
    c.mrr_after - c.before_mrr as delta_mrr,
    c.mrr_after,
    case when u.was_customer and not u.is_customer then 'voluntary' end as reason,
    null::date as cancel_requested_on,
    true as is_late
from cells as c
inner join customers as u on c.tenant_id = u.tenant_id and c.customer_id = u.customer_id
inner join {{ ref("stg_run__closed") }} as closed on c.tenant_id = closed.tenant_id and closed.has_open_month
left join known as k on c.tenant_id = k.tenant_id and c.customer_id = k.customer_id
where c.mrr_after <> c.before_mrr
