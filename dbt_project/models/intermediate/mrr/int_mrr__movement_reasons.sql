-- Why a customer left or came back in a month.
with
    kinds as (
        select distinct tenant_id, customer_id, month_index, kind
        from {{ ref("int_mrr__movements") }}
        where kind in ('churn', 'reactivation')
    ),

    paused as (
        select distinct tenant_id, customer_id, month_index
        from {{ ref("int_mrr__customer_months_posted") }}
        where paused_mrr > 0
    ),

    endings as (
        select *, {{ month_index("ended_on") }} as month_index
        from {{ ref("int_mrr__endings") }}
        qualify row_number() over (partition by tenant_id, customer_id, month_index order by ended_on desc) = 1
    )

select
    k.tenant_id,
    k.customer_id,
    k.month_index,
    case
        when p.customer_id is not null then 'pause' when k.kind = 'churn' then coalesce(e.reason, 'voluntary')
    end as reason,
    case when k.kind = 'churn' then e.ended_on end as service_ended_on,
    case when k.kind = 'churn' then e.cancel_requested_on end as cancel_requested_on
from kinds as k
left join
    paused as p
    on k.tenant_id = p.tenant_id
    and k.customer_id = p.customer_id
    and p.month_index = case when k.kind = 'churn' then k.month_index else k.month_index - 1 end
left join endings as e on k.tenant_id = e.tenant_id and k.customer_id = e.customer_id and k.month_index = e.month_index
