-- Each change beside every obligation of its contract, with what was measured the day before and on the day.
with
    pairs as (
        select
            m.tenant_id,
            m.contract_id,
            m.modification_id,
            m.step,
            m.effective_on,
            m.price_change_minor,
            m.part_treatment,
            m.obligation_id as named_obligation_id,
            m.new_ends_on,
            o.obligation_id,
            o.recognition
        from {{ ref("int_revenue__modifications_judged") }} as m
        inner join {{ ref("int_revenue__obligations_priced") }} as o using (tenant_id, contract_id)
        where m.set_aside_rule is null
    )

select
    a.* exclude (recognition),  -- noqa: RF02
    coalesce(max(p.percent_done) filter (where p.measured_on < a.effective_on), 0) as percent_before,
    coalesce(max(p.percent_done), 0) as percent_on
from pairs as a
left join
    {{ ref("int_revenue__progress_judged") }} as p
    on a.tenant_id = p.tenant_id
    and a.obligation_id = p.obligation_id
    and a.effective_on >= p.measured_on
    and p.set_aside_rule is null
group by all
