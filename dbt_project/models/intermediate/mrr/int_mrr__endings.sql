-- Why service ended, per customer and day: the row's own word, else the payments. A customer's last payment attempt
-- in the 60 days before the end having failed makes it involuntary.
with ended as (
    select
        i.tenant_id,
        i.customer_id,
        i.valid_to as ended_on,
        i.cancel_requested_on,
        lower(trim(i.churn_reason)) as churn_reason
    from {{ ref('int_mrr__items_dated') }} as i
    inner join {{ ref('stg_run__tenants') }} as t using (tenant_id)
    where i.set_aside_rule is null and i.valid_to > i.started_on and i.valid_to <= t.as_of
    qualify
        row_number() over (
            partition by i.tenant_id, i.customer_id, i.valid_to
            order by i.churn_reason is null, i.subscription_id desc, i.item_id desc, i.started_on desc
        ) = 1
),

attempts as (
    select
        tenant_id,
        customer_id,
        received_on,
        bool_and(status = 'failed') as is_failed
    from {{ ref('int_receivables__payments_unioned') }}
    where status in ('failed', 'succeeded')
    group by all
)

select
    e.tenant_id,
    e.customer_id,
    e.ended_on,
    e.cancel_requested_on,
    case
        when e.churn_reason = 'involuntary' then 'involuntary'
        when e.churn_reason is not null then 'voluntary'
        when a.is_failed and e.ended_on - a.received_on <= 60 then 'involuntary'
        else 'voluntary'
    end as reason
from ended as e
asof left join attempts as a
    on e.tenant_id = a.tenant_id and e.customer_id = a.customer_id and e.ended_on >= a.received_on
