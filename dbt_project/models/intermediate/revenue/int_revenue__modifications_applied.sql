-- Changes with what they reach. One that would take an obligation's price below 0 is refused as a whole.
with
    reached as (
        select
            tenant_id,
            contract_id,
            step,
            count(*) filter (where is_reached) as reached_obligations,
            bool_or(is_refused) as is_refused,
            max(last_day) filter (where is_reached) as last_day
        from {{ ref("int_revenue__modification_shares") }}
        group by all
    )

select
    m.* exclude (set_aside_rule),
    coalesce(r.reached_obligations, 0) as reached_obligations,
    greatest(
        coalesce(m.new_ends_on, case when m.obligation_id is not null then r.last_day end, m.contract_ends_on),
        m.effective_on
    ) as separate_ends_on,
    coalesce(m.set_aside_rule, case when r.is_refused then 'price_below_zero' end) as set_aside_rule
from {{ ref("int_revenue__modifications_judged") }} as m
left join reached as r using (tenant_id, contract_id, step)
