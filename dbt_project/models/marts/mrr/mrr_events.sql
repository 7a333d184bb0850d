with
    events as (
        select
            c.*,
            d.was_paused,
            d.is_paused,
            case
                when d.kind <> 'change' then d.kind when c.delta_mrr > 0 then 'expansion' else 'contraction'
            end as kind
        from {{ ref("int_mrr__day_changes") }} as c
        inner join {{ ref("int_mrr__customer_days") }} as d using (tenant_id, customer_id, day)
        where c.delta_mrr <> 0
    )

select
    e.tenant_id,
    e.customer_id,
    e.day,
    e.kind,
    e.currency,
    {{ money4("e.delta_mrr") }} as delta_mrr,
    {{ money4("e.mrr_after") }} as mrr_after,
    case
        when e.kind = 'churn' and e.is_paused
        then 'pause'
        when e.kind = 'churn'
        then coalesce(n.reason, 'voluntary')
        when e.kind = 'reactivation' and e.was_paused
        then 'pause'
    end as reason,
    case when e.kind = 'churn' then n.cancel_requested_on end as cancel_requested_on,
    false as is_late
from events as e
left join
    {{ ref("int_mrr__endings") }} as n
    on e.tenant_id = n.tenant_id
    and e.customer_id = n.customer_id
    and e.day = n.ended_on
    {{ open_only("e", "day") }}
union all by name
{{ closed_rows("mrr_events", "day") }}
union all by name
select * replace ({{ money4("delta_mrr") }} as delta_mrr, {{ money4("mrr_after") }} as mrr_after)
from {{ ref("int_mrr__late_events") }}
