-- A batch is taken when no better one wants its line or any of its documents. A line that is less than its batch by a
-- fee is shared out over the documents by largest remainder, so that each keeps its part of the fee open.
with
    members as (
        select
            b.tenant_id,
            b.bank_line_id,
            b.batch_id,
            b.score,
            b.is_exact,
            b.reasons,
            b.line_minor,
            b.total_minor,
            b.last_on,
            s.document_key,
            s.open_minor
        from {{ ref("int_bank__batches") }} as b
        inner join
            {{ ref("int_bank__batch_steps") }} as s
            on b.tenant_id = s.tenant_id
            and b.currency = s.currency
            and b.is_incoming = s.is_incoming
            and b.scope = s.scope
            and b.scope_id = s.scope_id
            and s.place between b.first_place and b.last_place
        where b.score >= 55
    ),

    undone as (
        select distinct m.tenant_id, m.bank_line_id, m.batch_id
        from members as m
        inner join {{ ref("int_bank__pairs_undone") }} using (tenant_id, bank_line_id, document_key)
    ),

    left_1 as (
        select m.*, row(- m.score, - m.total_minor, m.last_on, m.bank_line_id, m.batch_id) as place
        from members as m
        anti join undone using (tenant_id, bank_line_id, batch_id)
    ),

    {% for round in (1, 2, 3) %}
        judged_{{ round }} as (
            select
                *,
                place = min(place) over (partition by tenant_id, bank_line_id)
                and place = min(place) over (partition by tenant_id, document_key) as is_first
            from left_{{ round }}
        ),

        chosen_{{ round }} as (
            select *
            from judged_{{ round }}
            qualify bool_and(is_first) over (partition by tenant_id, bank_line_id, batch_id)
        ),

        -- A batch of which a document is taken is no batch any more.
        broken_{{ round }} as (
            select distinct j.tenant_id, j.bank_line_id, j.batch_id
            from judged_{{ round }} as j
            semi join chosen_{{ round }} using (tenant_id, document_key)
        ),

        left_{{ round + 1 }} as (
            select j.* exclude (is_first)  -- noqa: RF02
            from judged_{{ round }} as j
            anti join chosen_{{ round }} using (tenant_id, bank_line_id)
            anti join broken_{{ round }} using (tenant_id, bank_line_id, batch_id)
        ),
    {% endfor %}

    chosen as (
        select *
        from chosen_1
        union all
        select *
        from chosen_2
        union all
        select *
        from chosen_3
    ),

    shared as (
        select
            *,
            divide(open_minor::hugeint * line_minor, total_minor) as floor_minor,
            (open_minor::hugeint * line_minor) % total_minor as cut_off
        from chosen
    )

select
    tenant_id,
    bank_line_id,
    document_key,
    (
        floor_minor + case
            when
                row_number() over (partition by tenant_id, bank_line_id order by cut_off desc, document_key asc)
                <= line_minor - sum(floor_minor) over (partition by tenant_id, bank_line_id)
            then 1
            else 0
        end
    )::bigint as matched_minor,
    score,
    reasons
from shared
