-- Credit notes and where they apply; one in another currency than its invoice stays unapplied.
select
    n.*,
    i.invoice_id as open_invoice_id,
    i.customer_id as invoice_customer_id,
    greatest(n.applied_on, n.issued_on, i.issued_on) as effective_on,
    case
        when n.amount_minor is null
        then 'more_decimals_than_currency'
        when n.currency <> i.currency
        then 'credit_note_in_another_currency'
    end as set_aside_rule
from {{ ref("int_receivables__credit_notes_unioned") }} as n
left join {{ ref("int_receivables__invoices_totalled") }} as i using (tenant_id, invoice_id)
