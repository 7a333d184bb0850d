-- What each treatment makes of a change on the day it takes effect, over the obligations that it reaches: the one
-- chosen and the two not chosen. Each starts from what really happened before.
with
    made as (
        select
            tenant_id,
            modification_id,
            sum(unchanged_price_minor) as unchanged_price_minor,
            sum(unchanged_minor) as unchanged_minor,
            sum(prospective_minor) as prospective_minor,
            sum(cumulative_catch_up_minor) as cumulative_catch_up_minor
        from {{ ref("int_revenue__obligation_stretches") }}
        where modification_id is not null
        group by all
    ),

    kinds as (
        select
            *,
            part_treatment <> 'separate_contract'
            and count(distinct part_treatment) filter (where part_treatment <> 'separate_contract') over same_day
            > 1 as is_mixed
        from {{ ref("int_revenue__modifications_applied") }}
        where set_aside_rule is null
        window same_day as (partition by tenant_id, contract_id, effective_on)
    )

select
    k.tenant_id,
    k.modification_id,
    k.contract_id,
    k.customer_id,
    k.currency,
    k.millionths_per_minor,
    k.effective_on,
    k.price_change_minor,
    k.reached_obligations,
    k.part_treatment,
    case when k.is_mixed then 'mixed' else k.part_treatment end as treatment,
    case when k.is_mixed then 'a part of a mixed change: ' else '' end || case
        k.part_treatment
        when 'separate_contract'
        then 'distinct and priced at its stand-alone price: a contract of its own'
        when 'prospective'
        then 'distinct, not priced at its stand-alone price: what is left is spread anew from that day'
        else 'not distinct: what is earned by then is corrected on that day'
    end as reason,
    coalesce(d.unchanged_price_minor, 0) + k.price_change_minor as price_minor,
    coalesce(d.unchanged_minor, 0)
    + {{ earned_by_day("0", "k.price_change_minor", "k.effective_on", "k.separate_ends_on", "k.effective_on") }}
    as separate_contract_minor,
    coalesce(d.prospective_minor, 0) as prospective_minor,
    coalesce(d.cumulative_catch_up_minor, 0) as cumulative_catch_up_minor
from kinds as k
left join made as d using (tenant_id, modification_id)
