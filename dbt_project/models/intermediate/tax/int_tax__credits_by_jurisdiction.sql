-- Of each credit note the part of each authority: in proportion to what is left of its tax, in the order of issue.
with
    taxes as (
        select tenant_id, invoice_id, jurisdiction, sum(amount_minor) as weight_minor
        from {{ ref("int_tax__charges_apart") }}
        group by all
    ),

    jurisdictions as (
        select t.*, row_number() over (partition by t.tenant_id, t.invoice_id order by t.jurisdiction) as bucket_no
        from taxes as t
        semi join {{ ref("int_revenue__credits") }} using (tenant_id, invoice_id)
    ),

    notes as (
        select
            tenant_id,
            invoice_id,
            credit_note_id,
            tax_minor as credit_minor,
            row_number() over (partition by tenant_id, invoice_id order by issued_on, credit_note_id) as credit_no
        from {{ ref("int_revenue__credits") }}
        where invoice_id is not null and tax_minor <> 0
    ),

    placed as ({{ credit_what_is_left("notes", "jurisdictions", ["invoice_id"]) }})

select p.tenant_id, p.invoice_id, j.jurisdiction, p.credit_note_id, p.credit_no, p.share_minor as credit_minor
from placed as p
inner join jurisdictions as j using (tenant_id, invoice_id, bucket_no)
