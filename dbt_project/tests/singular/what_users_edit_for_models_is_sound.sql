-- Tables that users edit and that models read: a key that stands twice would double rows, a percentage written as 30
-- would be thirty times the whole.
with
    keys as (
        select 'lifetime_discount_rates' as seed, tenant_id as of_row
        from {{ ref("lifetime_discount_rates") }}
        union all
        select 'forecast_scenarios', scenario
        from {{ ref("forecast_scenarios") }}
        union all
        select 'churn_actions', concat_ws(' · ', tenant_id, risk_level)
        from {{ ref("churn_actions") }}
        union all
        select 'churn_interventions', concat_ws(' · ', tenant_id, feature)
        from {{ ref("churn_interventions") }}
    )

select seed, of_row, 'stands twice' as fault
from keys
group by seed, of_row
having count(*) > 1
union all
select 'lifetime_discount_rates', tenant_id, 'the rate is not between 0 and 1'
from {{ ref("lifetime_discount_rates") }}
where not coalesce(discount_rate between 0 and 1, false)
union all
select 'forecast_scenarios', scenario, 'a factor is not above 0'
from {{ ref("forecast_scenarios") }}
where not coalesce(least(churn_factor, price_factor, win_rate_factor) > 0, false) or scenario = 'base'
union all
select 'churn_actions', concat_ws(' · ', tenant_id, risk_level), 'the cost is below 0, or the share kept is none'
from {{ ref("churn_actions") }}
where not coalesce(cost >= 0 and save_rate between 0 and 1 and months > 0, false)
