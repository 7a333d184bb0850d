-- Whether someone was a customer before and after each day of change, over all currencies.
with
    steps as (
        select
            tenant_id,
            customer_id,
            day,
            sum((mrr_after > 0)::integer - (mrr_before > 0)::integer) as currencies_delta,
            sum((paused_after > 0)::integer - (paused_before > 0)::integer) as paused_delta
        from {{ ref("int_mrr__day_changes") }}
        group by all
    ),

    running as (
        select *, sum(currencies_delta) over days as currencies_after, sum(paused_delta) over days as paused_after
        from steps
        window days as (partition by tenant_id, customer_id order by day)
    ),

    states as (
        select
            tenant_id,
            customer_id,
            day,
            currencies_after - currencies_delta > 0 as was_customer,
            currencies_after > 0 as is_customer,
            paused_after - paused_delta > 0 as was_paused,
            paused_after > 0 as is_paused,
            coalesce(max(currencies_after) over earlier, 0) > 0 as was_ever_customer
        from running
        window
            earlier as (
                partition by tenant_id, customer_id order by day rows between unbounded preceding and 1 preceding
            )
    )

select
    *,
    case
        when not was_customer and is_customer and not was_ever_customer
        then 'new'
        when not was_customer and is_customer
        then 'reactivation'
        when was_customer and not is_customer
        then 'churn'
        else 'change'
    end as kind
from states
