-- Lines and documents are signed as the bank signs them: money that left is negative.
with
    line_sums as (
        select tenant_id, bank_line_id, sum(matched_minor) as matched_minor
        from {{ ref("int_bank__matches") }}
        group by all
    ),

    document_sums as (
        select tenant_id, document_key, sum(matched_minor) as matched_minor
        from {{ ref("int_bank__matches") }}
        group by all
    ),

    lines as (
        select b.*, coalesce(m.matched_minor, 0) as all_matched_minor
        from {{ ref("int_bank__lines_judged") }} as b
        left join line_sums as m using (tenant_id, bank_line_id)
        where b.set_aside_rule is null
    ),

    documents as (
        select d.*, coalesce(m.matched_minor, 0) as all_matched_minor
        from {{ ref("int_bank__documents") }} as d
        left join document_sums as m using (tenant_id, document_key)
    ),

    entries as (
        select tenant_id, bank_line_id, document_key, matched_minor, score, reasons, status
        from {{ ref("int_bank__matches") }}
        union all
        select tenant_id, bank_line_id, null, 0, null, null, 'unmatched'
        from lines
        where all_matched_minor = 0
        union all
        select tenant_id, null, document_key, 0, null, null, 'unmatched'
        from documents
        where all_matched_minor = 0 and is_on_statement and is_settled
    ),

    signed as (
        select
            r.*,
            case when coalesce(b.is_incoming, d.is_incoming) then 1 else -1 end as direction,
            coalesce(b.currency, d.currency) as currency,
            b.booked_on,
            b.size_minor as line_minor,
            b.all_matched_minor as line_matched_minor,
            d.document_kind,
            d.document_id,
            d.document_on,
            d.customer_id,
            d.name,
            d.size_minor as document_minor,
            d.all_matched_minor as document_matched_minor
        from entries as r
        left join lines as b using (tenant_id, bank_line_id)
        left join documents as d using (tenant_id, document_key)
    )

select
    s.tenant_id,
    s.status,
    s.bank_line_id,
    s.booked_on,
    {{ money("s.direction * s.line_minor", "c.millionths_per_minor") }} as line_amount,
    s.currency,
    s.document_kind,
    s.document_id,
    s.document_on,
    s.customer_id as party_id,
    s.name as party_name,
    {{ money("s.direction * s.document_minor", "c.millionths_per_minor") }} as document_amount,
    {{ money("s.direction * s.matched_minor", "c.millionths_per_minor") }} as amount_matched,
    {{ money("s.direction * (s.line_minor - s.line_matched_minor)", "c.millionths_per_minor") }} as line_residual,
    {{ money("s.direction * (s.document_minor - s.document_matched_minor)", "c.millionths_per_minor") }}
    as document_residual,
    s.score::integer as score,
    s.reasons
from signed as s
inner join {{ ref("stg_run__currencies") }} as c using (currency)
