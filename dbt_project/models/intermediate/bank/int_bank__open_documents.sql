-- What is left of each document beyond a person's matches.
with
    confirmed as (
        select tenant_id, document_key, sum(matched_minor) as matched_minor
        from {{ ref("int_bank__confirmed") }}
        group by all
    ),

    opened as (
        select d.*, (d.size_minor - coalesce(c.matched_minor, 0))::bigint as open_minor
        from {{ ref("int_bank__documents") }} as d
        left join confirmed as c using (tenant_id, document_key)
        where d.is_settled
    )

select * exclude (size_minor)
from opened
where open_minor > 0
