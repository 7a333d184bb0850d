-- What each tool counts otherwise, row by row and in days, in ten-thousandths of the subscription's currency: our MRR
-- and these rows together are the tool's MRR. No day of a row has two reasons.
with
    segments as (
        select
            s.*,
            i.product_kind = 'usage' as is_usage,
            i.list_mrr as list_price,
            i.discount_ends_on,
            coalesce(i.cancel_requested_on <= s.valid_from, false) as is_cancelling,
            coalesce(s.valid_from < i.trial_ends_on, false) as is_trial
        from {{ ref("int_mrr__segments") }} as s
        inner join {{ ref("int_mrr__items_dated") }} as i using (tenant_id, subscription_id, item_id, started_on)
        where s.state in ('active', 'paused')
    ),

    stripe as (
        select
            *,
            case
                when state = 'active' and is_usage
                then 'usage'
                when state = 'active' and is_cancelling
                then 'cancel_requested'
                when state = 'active'
                then 'finite_discount'
                else 'pause'
            end as reason,
            case
                when state = 'active' and (is_usage or is_cancelling)
                then - net_mrr
                when state = 'active' and discount_ends_on is not null
                then list_price - net_mrr
                when state = 'active' or is_usage or is_cancelling or is_trial
                then 0
                when discount_ends_on is not null
                then list_price
                else paused_mrr
            end as mrr
        from segments
    ),

    baremetrics as (
        select
            s.* replace (greatest(s.valid_from, d.late_from) as valid_from, least(s.valid_to, d.late_to) as valid_to),
            'past_due' as reason,
            - s.net_mrr as mrr
        from segments as s
        inner join {{ ref("int_definitions__delinquencies") }} as d using (tenant_id, subscription_id)
        where d.late_from < s.valid_to and s.valid_from < d.late_to
    ),

    tools as (
        select *, 'stripe' as definition
        from stripe
        union all by name
        select *, 'usage' as reason, - net_mrr as mrr, 'chartmogul' as definition
        from segments
        where is_usage
        union all by name
        select *, 'baremetrics' as definition
        from baremetrics
    )

select tenant_id, definition, customer_id, subscription_id, item_id, currency, reason, valid_from, valid_to, mrr
from tools
where mrr <> 0
