-- A row's days cut where its worth changes: discount, trial and pause begin or end, it was signed, it was cancelled.
with
    rows as (
        select
            *,
            least(started_on, coalesce(signed_on, started_on)) as known_from,
            coalesce(paused_until, {{ far_future() }}) as pause_ends_on,
            coalesce(discount_ends_on, {{ far_future() }}) as discounted_until
        from {{ ref("int_mrr__items_dated") }}
        where set_aside_rule is null and valid_to > started_on and (list_mrr > 0 or discounted_mrr > 0)
    ),

    points as (
        select
            *,
            list_sort(
                list_distinct(
                    list_filter(
                        [
                            known_from,
                            started_on,
                            discount_ends_on,
                            trial_ends_on,
                            paused_from,
                            paused_until,
                            cancel_requested_on
                        ],
                        lambda p:p >= known_from and p < valid_to
                    )
                )
            ) as starts
        from rows
    ),

    cut as (
        select * exclude (starts), unnest(starts) as valid_from, unnest(list_append(starts[2:], valid_to)) as segment_to
        from points
    ),

    states as (
        select
            *,
            case when valid_from < discounted_until then discounted_mrr else list_mrr end as net_price,
            case
                when valid_from < started_on
                then 'signed'
                when valid_from >= paused_from and valid_from < pause_ends_on
                then 'paused'
                when valid_from < trial_ends_on
                then 'trial'
                else 'active'
            end as state,
            coalesce(cancel_requested_on <= valid_from, false) as is_cancelling
        from cut
    )

select
    tenant_id,
    customer_id,
    subscription_id,
    item_id,
    started_on,
    product_id,
    currency,
    state,
    valid_from,
    segment_to as valid_to,
    case when state = 'active' then list_mrr else 0 end as list_mrr,
    case when state = 'active' then net_price else 0 end as net_mrr,
    case when state = 'trial' then net_price else 0 end as trial_mrr,
    case when state = 'paused' then net_price else 0 end as paused_mrr,
    case
        when is_cancelling or state in ('paused', 'trial')
        then 0
        when state = 'active'
        then net_price
        when started_on < trial_ends_on or (started_on >= paused_from and started_on < pause_ends_on)
        then 0
        when started_on < discounted_until
        then discounted_mrr
        else list_mrr
    end as committed_mrr
from states
