-- On the as-of date, recognised + remaining = value, for each contract that cannot be cancelled: its price as signed
-- and
-- every change that stands.
with
    contracts as (
        select k.tenant_id, k.contract_id, k.total_minor, k.as_of
        from {{ ref("int_revenue__contracts_judged") }} as k
        semi join {{ ref("int_revenue__obligations_priced") }} using (tenant_id, contract_id)
        where k.cancellable_from is null
    ),

    changes as (
        select tenant_id, contract_id, sum(price_change_minor) as change_minor
        from {{ ref("int_revenue__modifications_applied") }}
        where set_aside_rule is null
        group by tenant_id, contract_id
    ),

    recognized as (
        select tenant_id, contract_id, sum(recognized_minor) as recognized_minor
        from {{ ref("int_revenue__line_months") }}
        where source_kind <> 'invoice_line'
        group by tenant_id, contract_id
    ),

    remaining as (
        select r.tenant_id, r.as_of, u.contract_id, sum(r.remaining_minor) as remaining_minor
        from {{ ref("int_revenue__remaining_snapshots") }} as r
        inner join {{ ref("int_revenue__units") }} as u using (tenant_id, source_kind, source_id)
        group by r.tenant_id, r.as_of, u.contract_id
    )

select tenant_id, contract_id, k.total_minor, c.change_minor, r.recognized_minor, m.remaining_minor
from contracts as k
left join changes as c using (tenant_id, contract_id)
left join recognized as r using (tenant_id, contract_id)
left join remaining as m using (tenant_id, contract_id, as_of)
where k.total_minor + coalesce(c.change_minor, 0) <> coalesce(r.recognized_minor, 0) + coalesce(m.remaining_minor, 0)
