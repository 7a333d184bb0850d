-- Within an authority, the part of each kind and rate, again by what is left of its tax.
with
    taxes as (
        select tenant_id, invoice_id, jurisdiction, kind, rate, sum(amount_minor) as weight_minor
        from {{ ref("int_tax__charges_apart") }}
        group by all
    ),

    buckets as (
        select
            t.*,
            row_number() over (
                partition by t.tenant_id, t.invoice_id, t.jurisdiction order by t.kind, t.rate nulls last
            ) as bucket_no
        from taxes as t
        semi join {{ ref("int_tax__credits_by_jurisdiction") }} using (tenant_id, invoice_id)
    ),

    notes as (select * from {{ ref("int_tax__credits_by_jurisdiction") }}),

    placed as ({{ credit_what_is_left("notes", "buckets", ["invoice_id", "jurisdiction"]) }})

select p.tenant_id, p.invoice_id, p.credit_note_id, p.jurisdiction, b.kind, b.rate, p.share_minor as credit_minor
from placed as p
inner join buckets as b using (tenant_id, invoice_id, jurisdiction, bucket_no)
where p.share_minor <> 0
