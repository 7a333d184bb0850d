-- What a person said stands, as far as line and payment were there on the as-of date.
select m.tenant_id, m.bank_line_id, d.document_key, sum(m.amount_minor)::bigint as matched_minor
from {{ ref("stg_app__bank_matches") }} as m
inner join {{ ref("int_bank__lines_judged") }} as b using (tenant_id, bank_line_id)
inner join
    {{ ref("int_bank__documents") }} as d
    on m.tenant_id = d.tenant_id
    and d.document_kind = 'payment'
    and m.payment_id = d.document_id
where m.status = 'confirmed' and b.set_aside_rule is null
group by all
