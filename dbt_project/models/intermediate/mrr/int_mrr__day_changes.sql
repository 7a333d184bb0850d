-- MRR before and after each day on which it changes, per customer and currency.
with
    changes as (
        select tenant_id, customer_id, currency, valid_from as day, net_mrr, paused_mrr
        from {{ ref("int_mrr__segments") }}
        where net_mrr > 0 or paused_mrr > 0
        union all
        select tenant_id, customer_id, currency, valid_to, - net_mrr, - paused_mrr
        from {{ ref("int_mrr__segments") }}
        where net_mrr > 0 or paused_mrr > 0
    ),

    daily as (
        select
            c.tenant_id,
            c.customer_id,
            c.currency,
            c.day,
            sum(c.net_mrr)::bigint as delta_mrr,
            sum(c.paused_mrr)::bigint as paused_delta
        from changes as c
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where c.day <= t.as_of
        group by all
        having sum(c.net_mrr) <> 0 or sum(c.paused_mrr) <> 0
    ),

    running as (
        select *, sum(delta_mrr) over days as mrr_after, sum(paused_delta) over days as paused_after
        from daily
        window days as (partition by tenant_id, customer_id, currency order by day)
    )

select
    tenant_id,
    customer_id,
    currency,
    day,
    delta_mrr,
    (mrr_after - delta_mrr)::bigint as mrr_before,
    mrr_after::bigint as mrr_after,
    (paused_after - paused_delta)::bigint as paused_before,
    paused_after::bigint as paused_after
from running
