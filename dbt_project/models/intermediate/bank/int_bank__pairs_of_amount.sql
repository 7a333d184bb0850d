-- Lines and documents of one amount, at most 3 days before and 10 days after. Days come in boxes of a fortnight, so
-- that a popular price meets only its neighbours; in a crowded one, only the next ones in the order of days.
with
    open_lines as (
        select b.*, divide(b.booked_on - date '2000-01-03', 14) as fortnight
        from {{ ref("int_bank__open_lines") }} as b
        anti join {{ ref("int_bank__groups_named") }} using (tenant_id, bank_line_id)
    ),

    open_documents as (
        select d.*
        from {{ ref("int_bank__open_documents") }} as d
        anti join {{ ref("int_bank__groups_named") }} using (tenant_id, document_key)
    ),

    lines as (
        select
            *,
            row_number() over (same_amount order by booked_on, bank_line_id) as place,
            count(*) over (partition by tenant_id, currency, is_incoming, open_minor, fortnight) > 50 as is_crowded
        from open_lines
        window same_amount as (partition by tenant_id, currency, is_incoming, open_minor)
    ),

    documents as (
        select
            *,
            row_number() over (same_amount order by document_on, document_key) as place,
            divide(document_on - 3 - date '2000-01-03', 14) as first_fortnight,
            divide(document_on + 10 - date '2000-01-03', 14) as last_fortnight
        from open_documents
        window same_amount as (partition by tenant_id, currency, is_incoming, open_minor)
    ),

    grouped_lines as (select *, case when is_crowded then divide(place, 25) else -1 end as nearby from lines),

    boxed as (select *, unnest(list_distinct([first_fortnight, last_fortnight])) as fortnight from documents),

    -- Places start at 1, so that no group is below 0, and -1 is free to mean everyone.
    grouped_documents as (
        select
            *,
            unnest(
                list_distinct([-1, greatest(divide(place, 25) - 1, 0), divide(place, 25), divide(place, 25) + 1])
            ) as nearby
        from boxed
    ),

    met as (
        select
            b.tenant_id,
            b.bank_line_id,
            d.document_key,
            b.open_minor,
            b.booked_on,
            d.document_on,
            b.place - d.place as gap
        from grouped_lines as b
        inner join grouped_documents as d using (tenant_id, currency, is_incoming, open_minor, fortnight, nearby)
        where b.booked_on - d.document_on between -3 and 10
    )

select
    m.tenant_id,
    m.bank_line_id,
    m.document_key,
    m.open_minor as line_minor,
    m.open_minor as document_minor,
    m.booked_on,
    m.document_on,
    abs(m.gap) as place_gap
from met as m
anti join {{ ref("int_bank__pairs_undone") }} using (tenant_id, bank_line_id, document_key)
