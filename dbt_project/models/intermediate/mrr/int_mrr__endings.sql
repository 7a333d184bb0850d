-- Why service ended, per customer and day: the row's own word, else the payments. A customer's last payment attempt
-- in the 60 days before the end having failed makes it involuntary.
with
    ended as (
        select
            i.tenant_id,
            i.customer_id,
            i.valid_to as ended_on,
            i.cancel_requested_on,
            lower(trim(i.churn_reason)) as churn_reason
        from {{ ref("int_mrr__items_dated") }} as i
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where i.set_aside_rule is null and i.valid_to > i.started_on and i.valid_to <= t.as_of
        qualify
            row_number() over (
                partition by i.tenant_id, i.customer_id, i.valid_to
                order by i.churn_reason is null, i.subscription_id desc, i.item_id desc, i.started_on desc
            )
            = 1
    ),

    -- One walk over each customer's days instead of a lookup per ending; an attempt counts before an ending of its day.
    days as (
        select
            tenant_id,
            customer_id,
            received_on as day,
            0 as turn,
            bool_and(status = 'failed') as is_failed,
            received_on as attempted_on,
            null::date as cancel_requested_on,
            null::varchar as churn_reason
        from {{ ref("int_receivables__payments_unioned") }}
        where status in ('failed', 'succeeded')
        group by all
        union all
        select tenant_id, customer_id, ended_on, 1, null, null, cancel_requested_on, churn_reason
        from ended
    ),

    walked as (
        select
            * exclude (is_failed, attempted_on),
            last_value(is_failed ignore nulls) over so_far as is_failed,
            last_value(attempted_on ignore nulls) over so_far as attempted_on
        from days
        window
            so_far as (
                partition by tenant_id, customer_id order by day, turn rows between unbounded preceding and current row
            )
    )

select
    tenant_id,
    customer_id,
    day as ended_on,
    cancel_requested_on,
    case
        when churn_reason = 'involuntary'
        then 'involuntary'
        when churn_reason is not null
        then 'voluntary'
        when is_failed and day - attempted_on <= 60
        then 'involuntary'
        else 'voluntary'
    end as reason
from walked
where turn = 1
