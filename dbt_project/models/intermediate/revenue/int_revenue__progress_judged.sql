-- Measured progress up to the as-of date. What is done is never undone: a measure below an earlier one is set aside.
with
    measured as (
        select
            p.*,
            o.recognition,
            (p.percent_complete * 1000000)::bigint as percent_done,
            max(p.percent_complete) over earlier as highest_before
        from {{ ref("int_revenue__progress_unioned") }} as p
        inner join {{ ref("int_revenue__obligations_judged") }} as o using (tenant_id, obligation_id)
        inner join {{ ref("stg_run__tenants") }} as t on p.tenant_id = t.tenant_id
        where p.measured_on <= t.as_of and o.set_aside_rule is null
        window
            earlier as (
                partition by p.tenant_id, p.obligation_id
                order by p.measured_on
                rows between unbounded preceding and 1 preceding
            )
    )

select
    * exclude (highest_before, recognition),
    case
        when recognition <> 'percent_complete'
        then 'obligation_is_not_measured'
        when percent_complete < 0 or percent_complete > 100
        then 'percent_out_of_range'
        when percent_complete < highest_before
        then 'progress_goes_back'
    end as set_aside_rule
from measured
