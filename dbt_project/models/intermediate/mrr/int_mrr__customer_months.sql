-- Changes first, months last: a segment is two changes, and months are laid out once per customer and currency.
with
    segments as (
        select
            s.*,
            {{ month_index("s.valid_from") }} as first_month,
            {{ first_month_after("s.valid_to", "t.as_of") }} as end_month,
            t.as_of_month
        from {{ ref("int_mrr__segments") }} as s
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where s.valid_from <= t.as_of
    ),

    changes as (
        select
            tenant_id,
            customer_id,
            currency,
            as_of_month,
            first_month as month_index,
            list_mrr,
            net_mrr,
            trial_mrr,
            paused_mrr,
            committed_mrr
        from segments
        where first_month < end_month
        union all
        select
            tenant_id,
            customer_id,
            currency,
            as_of_month,
            end_month,
            - list_mrr,
            - net_mrr,
            - trial_mrr,
            - paused_mrr,
            - committed_mrr
        from segments
        where first_month < end_month and end_month <= as_of_month
    ),

    monthly as (
        select
            tenant_id,
            customer_id,
            currency,
            as_of_month,
            month_index,
            sum(list_mrr) as list_mrr,
            sum(net_mrr) as net_mrr,
            sum(trial_mrr) as trial_mrr,
            sum(paused_mrr) as paused_mrr,
            sum(committed_mrr) as committed_mrr
        from changes
        group by all
    ),

    running as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index as first_month,
            lead(month_index, 1, as_of_month + 1) over months as end_month,
            sum(list_mrr) over months as list_mrr,
            sum(net_mrr) over months as net_mrr,
            sum(trial_mrr) over months as trial_mrr,
            sum(paused_mrr) over months as paused_mrr,
            sum(committed_mrr) over months as committed_mrr
        from monthly
        window months as (partition by tenant_id, customer_id, currency order by month_index)
    )

select
    tenant_id,
    customer_id,
    currency,
    unnest(range(first_month, end_month)) as month_index,
    list_mrr::bigint as list_mrr,
    net_mrr::bigint as net_mrr,
    trial_mrr::bigint as trial_mrr,
    paused_mrr::bigint as paused_mrr,
    committed_mrr::bigint as committed_mrr
from running
where list_mrr <> 0 or net_mrr <> 0 or trial_mrr <> 0 or paused_mrr <> 0 or committed_mrr <> 0
