-- Credit notes that take something off the lines of their invoice, without tax. A credit note that states no tax bears
-- its invoice's share of it. One without such an invoice touches no line.
with
    notes as (
        select
            n.tenant_id,
            n.credit_note_id,
            i.invoice_id,
            n.customer_id,
            n.currency,
            n.issued_on,
            n.amount_minor,
            i.net_minor as invoice_net_minor,
            greatest(n.issued_on, i.issued_on) as effective_on,
            coalesce(i.voided_on, {{ far_future() }}) as voided_on,
            coalesce(
                n.tax_minor,
                case
                    when i.total_minor > 0
                    then {{ share_of("n.amount_minor", "i.tax_minor::hugeint", "i.total_minor") }}
                end,
                0
            )::bigint as tax_minor
        from {{ ref("int_receivables__credit_notes_unioned") }} as n
        inner join {{ ref("stg_run__tenants") }} as t on n.tenant_id = t.tenant_id
        left join
            {{ ref("int_receivables__invoices_totalled") }} as i
            on n.tenant_id = i.tenant_id
            and n.invoice_id = i.invoice_id
            and n.currency = i.currency
            and t.as_of >= i.issued_on
        where n.amount_minor is not null and n.issued_on <= t.as_of
    )

select
    * exclude (voided_on, invoice_net_minor),
    amount_minor - tax_minor as net_minor,
    invoice_id is not null and invoice_net_minor > 0 and effective_on < voided_on as is_on_lines
from notes
