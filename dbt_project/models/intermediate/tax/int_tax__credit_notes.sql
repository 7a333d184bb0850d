-- Credit notes with their tax. One that states none bears its invoice's share of it; one that names no invoice of its
-- currency stands for itself.
select
    n.tenant_id,
    n.credit_note_id,
    i.invoice_id,
    n.customer_id,
    n.currency,
    n.issued_on,
    coalesce(
        n.tax_minor,
        case
            when i.total_minor > 0
            then {{ divide_half_up("n.amount_minor::hugeint * i.tax_minor", "i.total_minor::hugeint") }}
        end,
        0
    )::bigint as tax_minor
from {{ ref("int_receivables__credit_notes_unioned") }} as n
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
left join
    {{ ref("int_receivables__invoices_totalled") }} as i
    on n.tenant_id = i.tenant_id
    and n.invoice_id = i.invoice_id
    and n.currency = i.currency
    and t.as_of >= i.issued_on
where n.amount_minor is not null and n.issued_on <= t.as_of
