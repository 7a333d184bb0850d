-- What is left of each line beyond a person's matches.
with
    confirmed as (
        select tenant_id, bank_line_id, sum(matched_minor) as matched_minor
        from {{ ref("int_bank__confirmed") }}
        group by all
    ),

    opened as (
        select b.*, (b.size_minor - coalesce(c.matched_minor, 0))::bigint as open_minor
        from {{ ref("int_bank__lines_judged") }} as b
        left join confirmed as c using (tenant_id, bank_line_id)
        where b.set_aside_rule is null
    )

select * exclude (size_minor)
from opened
where open_minor > 0
