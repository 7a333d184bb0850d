-- Credit notes. One that is on the lines of an invoice takes what is deferred of them, or revenue where nothing is: the
-- month's recognition decides. Another touches no line and is a reduction of its own. Where a note is older than its
-- invoice, it waits there until the invoice is issued.
with
    documents as (
        select
            n.*,
            coalesce(e.entity_id, h.entity_id) as entity_id,
            n.is_on_lines and n.effective_on = n.issued_on as is_at_once,
            t.as_of
        from {{ ref("int_revenue__credits") }} as n
        inner join {{ ref("stg_run__tenants") }} as t on n.tenant_id = t.tenant_id
        inner join {{ ref("int_ledger__home_entities") }} as h on n.tenant_id = h.tenant_id
        left join
            {{ ref("int_ledger__invoice_entities") }} as e on n.tenant_id = e.tenant_id and n.invoice_id = e.invoice_id
    ),

    at_once as (select * from documents where is_at_once),

    apart as (select * from documents where not is_at_once),

    later as (select * from documents where is_on_lines and not is_at_once and effective_on <= as_of)

    {{
        journal(
            "at_once",
            "credit_note",
            "credit_notes",
            "credit_note_id",
            "issued_on",
            [("receivable", "- amount_minor"), ("tax_payable", "tax_minor"), ("deferred_revenue", "net_minor")],
        )
    }}
union all
{{
    journal(
        "apart",
        "credit_note",
        "credit_notes",
        "credit_note_id",
        "issued_on",
        [("receivable", "- amount_minor"), ("tax_payable", "tax_minor"), ("refunds_and_credits", "net_minor")],
    )
}}
union all
{{
    journal(
        "later",
        "credit_note_applied",
        "credit_notes",
        "credit_note_id",
        "effective_on",
        [("deferred_revenue", "net_minor"), ("refunds_and_credits", "- net_minor")],
    )
}}
