-- What credit notes and voids take off each line, per day. A credit note is split over the lines of its invoice by net
-- amount, by largest rest_of_division, ties by line id; a void takes what is left.
with
    lines as (
        select tenant_id, line_id, invoice_id, net_minor, invoice_net_minor, voided_on
        from {{ ref("int_revenue__lines_apart") }}
    ),

    -- A line that is negative by itself has a negative share: `divide` cuts towards 0, so one is taken off to floor it.
    parts as (
        select
            l.tenant_id,
            l.line_id,
            n.credit_note_id,
            n.effective_on,
            n.net_minor,
            n.net_minor::hugeint * l.net_minor as product,
            ((product % l.invoice_net_minor) + l.invoice_net_minor) % l.invoice_net_minor as rest_of_division,
            divide(product - rest_of_division, l.invoice_net_minor)::bigint as floor_minor
        from lines as l
        inner join {{ ref("int_revenue__credits") }} as n using (tenant_id, invoice_id)
        where n.is_on_lines
    ),

    shares as (
        select
            tenant_id,
            line_id,
            effective_on,
            floor_minor + case
                when row_number() over by_remainder <= net_minor - sum(floor_minor) over note then 1 else 0
            end as credited_minor
        from parts
        window
            note as (partition by tenant_id, credit_note_id),
            by_remainder as (partition by tenant_id, credit_note_id order by rest_of_division desc, line_id asc)
    ),

    daily as (
        select tenant_id, line_id, effective_on, false as is_void, sum(credited_minor)::bigint as credited_minor
        from shares
        group by all
    ),

    credited as (select tenant_id, line_id, sum(credited_minor) as credited_minor from daily group by all)

select *
from daily
union all
select
    l.tenant_id,
    l.line_id,
    l.voided_on as effective_on,
    true as is_void,
    (l.net_minor - coalesce(c.credited_minor, 0))::bigint as credited_minor
from lines as l
left join credited as c using (tenant_id, line_id)
where l.voided_on is not null
