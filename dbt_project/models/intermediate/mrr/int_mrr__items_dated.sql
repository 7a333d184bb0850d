-- Where each row ends. An open-ended row ends where the item's next row starts; rows that overlap in so many words
-- contradict each other, and nothing says which is right: all of them are set aside.
with
    ends as (
        select *, coalesce(ended_on, lead(started_on) over item, {{ far_future() }}) as valid_to
        from {{ ref("int_mrr__items_priced") }}
        where set_aside_rule is null
        window item as (partition by tenant_id, subscription_id, item_id order by started_on)
    ),

    neighbours as (
        select
            *,
            max(case when valid_to > started_on then valid_to end) over before as latest_end_before,
            min(case when valid_to > started_on then started_on end) over after as next_start_after
        from ends
        window
            before as (
                partition by tenant_id, subscription_id, item_id
                order by started_on
                rows between unbounded preceding and 1 preceding
            ),
            after as (
                partition by tenant_id, subscription_id, item_id
                order by started_on
                rows between 1 following and unbounded following
            )
    )

select
    * exclude (set_aside_rule, latest_end_before, next_start_after),
    case
        when
            valid_to > started_on
            and (coalesce(latest_end_before > started_on, false) or coalesce(next_start_after < valid_to, false))
        then 'overlapping_periods'
    end as set_aside_rule
from neighbours
union all by name
select *, started_on as valid_to
from {{ ref("int_mrr__items_priced") }}
where set_aside_rule is not null
