-- Every statement line is there once with all of its money: what was matched and what is left is the line, and the same
-- of every document; counted from the lines and documents themselves, not from the table's own columns.
with
    lines as (
        select b.tenant_id, b.bank_line_id as id, {{ money("b.amount_minor", "c.millionths_per_minor") }} as amount
        from {{ ref("int_bank__lines_unioned") }} as b
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        inner join {{ ref("stg_run__currencies") }} as c on b.currency = c.currency
        where b.booked_on <= t.as_of and b.amount_minor <> 0
    ),

    settled as (
        select tenant_id, bank_line_id as id, sum(amount_matched) + min(line_residual) as amount
        from {{ ref("bank_reconciliation") }}
        where bank_line_id is not null
        group by all
        having min(line_residual) = max(line_residual)
    ),

    documents as (
        select
            tenant_id,
            document_kind || document_id as id,
            min(document_amount) as amount,
            sum(amount_matched) + min(document_residual) as settled_amount
        from {{ ref("bank_reconciliation") }}
        where document_id is not null
        group by all
    )

select coalesce(l.tenant_id, s.tenant_id) as tenant_id, coalesce(l.id, s.id) as id, l.amount, s.amount as settled_amount
from lines as l
full join settled as s using (tenant_id, id)
where l.amount is distinct from s.amount
union all
select tenant_id, id, amount, settled_amount
from documents
where amount is distinct from settled_amount
