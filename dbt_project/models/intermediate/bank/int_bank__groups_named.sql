-- One line that names several documents and is their sum, and several lines that name one document and are its sum.
-- A group stands only whole: where two groups want the same line or document, the earlier one has it.
with
    by_line as (
        select
            tenant_id,
            1 as turn,
            bank_line_id as group_id,
            booked_on as day,
            unnest(list(document_key)) as document_key,
            bank_line_id
        from {{ ref("int_bank__pairs_named") }}
        group by tenant_id, bank_line_id, booked_on
        having count(*) > 1 and sum(document_minor) = min(line_minor)
    ),

    by_document as (
        select
            tenant_id,
            2 as turn,
            document_key as group_id,
            document_on as day,
            document_key,
            unnest(list(bank_line_id)) as bank_line_id
        from {{ ref("int_bank__pairs_named") }}
        group by tenant_id, document_key, document_on
        having count(*) > 1 and sum(line_minor) = min(document_minor)
    ),

    wanted as (
        select *
        from by_line
        union all by name
        select *
        from by_document
    ),

    placed as (select *, row(turn, day, group_id) as place from wanted),

    judged as (
        select
            *,
            place = min(place) over (partition by tenant_id, bank_line_id)
            and place = min(place) over (partition by tenant_id, document_key) as is_first
        from placed
    )

select
    j.tenant_id,
    j.bank_line_id,
    j.document_key,
    least(p.line_minor, p.document_minor)::bigint as matched_minor,
    50 + 40 + {{ day_points("p.booked_on - p.document_on") }} as score,
    case
        when j.turn = 1
        then 'names each of several documents, sum is exact'
        else 'each of several lines names it, sum is exact'
    end as reasons
from judged as j
inner join {{ ref("int_bank__pairs_named") }} as p using (tenant_id, bank_line_id, document_key)
qualify bool_and(j.is_first) over (partition by j.tenant_id, j.turn, j.group_id)
