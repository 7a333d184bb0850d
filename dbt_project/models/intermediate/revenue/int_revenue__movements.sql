-- What was billed and credited of each source but the plain lines, and what catch-ups corrected, per day. Credit notes
-- and voids of a unit's lines take back its billing only: what it earns follows the contract.
with
    lines as (
        select *, coalesce(unit_kind, 'invoice_line') as source_kind, coalesce(unit_id, line_id) as source_id
        from {{ ref("int_revenue__lines_apart") }}
    ),

    movements as (
        select
            tenant_id,
            source_kind,
            source_id,
            issued_on as moved_on,
            net_minor as billed_minor,
            0 as credited_minor,
            0 as modified_minor
        from lines
        union all
        select l.tenant_id, l.source_kind, l.source_id, c.effective_on, 0, c.credited_minor, 0
        from {{ ref("int_revenue__line_changes") }} as c
        inner join lines as l using (tenant_id, line_id)
        union all
        select tenant_id, 'obligation', obligation_id, from_on, 0, 0, catch_up_minor
        from {{ ref("int_revenue__obligation_stretches") }}
        where catch_up_minor <> 0
    )

select
    tenant_id,
    source_kind,
    source_id,
    moved_on,
    sum(billed_minor)::bigint as billed_minor,
    sum(credited_minor)::bigint as credited_minor,
    sum(modified_minor)::bigint as modified_minor
from movements
group by all
