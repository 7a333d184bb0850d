-- What a month earned is one row with all its lines' amounts; every other journal is lines, summed.
with
    lines as (
        select *
        from {{ ref("int_ledger__document_lines") }}
        union all by name
        select *
        from {{ ref("int_ledger__lines_closed") }}
    )

select tenant_id, entity_id, currency, kind, source_id, sum(debit) as debit, sum(credit) as credit
from lines
group by all
having sum(debit) <> sum(credit)
union all
select tenant_id, entity_id, currency, 'recognition', source_id, taken_minor + asset_change_minor, recognized_minor
from {{ ref("int_ledger__recognition") }}
where taken_minor + asset_change_minor <> recognized_minor
