-- How a corrected line is earned from each correction on, one after the other. A credit note takes what is not earned
-- through the day before first, then reverses revenue; the rest runs to the same end. A void reverses everything.
with recursive
    changes as (
        select c.*, row_number() over (partition by c.tenant_id, c.line_id order by c.effective_on, c.is_void) as turn
        from {{ ref("int_revenue__line_changes") }} as c
    ),

    stretches as (
        select
            tenant_id,
            line_id,
            0::bigint as turn,
            date '0001-01-01' as from_on,
            0::bigint as base_minor,
            net_minor as rest_minor,
            starts_on,
            ends_on
        from {{ ref("int_revenue__lines_apart") }}
        where unit_id is null

        union all

        (
            with
                met as (
                    select
                        s.*,
                        c.effective_on,
                        c.is_void,
                        c.credited_minor,
                        s.base_minor + s.rest_minor as price_minor,
                        {{
                            earned_by_day(
                                "s.base_minor", "s.rest_minor", "s.starts_on", "s.ends_on", "(c.effective_on - 1)"
                            )
                        }} as before_minor,
                        price_minor - before_minor - c.credited_minor as open_minor,
                        case
                            when sign(open_minor) = sign(price_minor - before_minor) then open_minor else 0
                        end as left_minor
                    from stretches as s
                    inner join changes as c using (tenant_id, line_id)
                    where c.turn = s.turn + 1
                )

            select
                tenant_id,
                line_id,
                turn + 1,
                effective_on,
                case when is_void then 0 else price_minor - credited_minor - left_minor end,
                case when is_void then 0 else left_minor end,
                greatest(effective_on, starts_on),
                ends_on
            from met
        )
    )

select *, lead(from_on, 1, {{ far_future() }}) over (partition by tenant_id, line_id order by turn) as until_on
from stretches
