-- Invoices, voids and write-offs. What is billed waits in deferred revenue until the month's recognition takes it.
-- Tax whose point was a payment before the invoice is owed from that day; the invoice only clears it. A void takes back
-- what credit notes left of the invoice; what they gave stays with the customer and reduces nothing of it any more.
-- A view: the journal writes them.
{{ config(materialized="view") }}

with
    early as (
        select p.tenant_id, p.source_id as invoice_id, p.posted_on, sum(p.amount_minor) as tax_minor
        from {{ ref("int_tax__postings") }} as p
        inner join
            {{ ref("int_receivables__invoices_totalled") }} as i
            on p.tenant_id = i.tenant_id
            and p.source_id = i.invoice_id
            and p.posted_on < i.issued_on
        where p.entry = 'charge'
        group by all
    ),

    early_sums as (select tenant_id, invoice_id, sum(tax_minor) as early_minor from early group by all),

    credited as (
        select tenant_id, invoice_id, sum(net_minor) as credited_minor
        from {{ ref("int_revenue__credits") }}
        where is_on_lines
        group by all
    ),

    documents as (
        select
            i.tenant_id,
            e.entity_id,
            i.customer_id,
            i.currency,
            i.invoice_id,
            i.issued_on,
            case when i.voided_on <= t.as_of then greatest(i.voided_on, i.issued_on) end as voided_on,
            i.net_minor,
            i.tax_minor,
            i.total_minor,
            coalesce(s.early_minor, 0) as early_minor,
            coalesce(n.credited_minor, 0) as credited_minor,
            t.as_of
        from {{ ref("int_receivables__invoices_totalled") }} as i
        inner join {{ ref("stg_run__tenants") }} as t on i.tenant_id = t.tenant_id
        inner join
            {{ ref("int_ledger__invoice_entities") }} as e on i.tenant_id = e.tenant_id and i.invoice_id = e.invoice_id
        left join early_sums as s on i.tenant_id = s.tenant_id and i.invoice_id = s.invoice_id
        left join credited as n on i.tenant_id = n.tenant_id and i.invoice_id = n.invoice_id
    ),

    invoices as (select * from documents where issued_on <= as_of),

    voids as (select * from invoices where voided_on <= as_of),

    prepaid as (
        select d.* exclude (tax_minor), p.posted_on, p.tax_minor  -- noqa: RF02
        from early as p
        inner join documents as d using (tenant_id, invoice_id)
        where p.posted_on <= d.as_of
    ),

    write_offs as (
        select e.entity_id, w.*
        from {{ ref("int_receivables__write_offs_judged") }} as w
        inner join {{ ref("stg_run__tenants") }} as t on w.tenant_id = t.tenant_id and w.effective_on <= t.as_of
        inner join
            {{ ref("int_ledger__invoice_entities") }} as e on w.tenant_id = e.tenant_id and w.invoice_id = e.invoice_id
        where w.set_aside_rule is null
    )

    {{
        journal(
            "invoices",
            "invoice",
            "invoices",
            "invoice_id",
            "issued_on",
            [
                ("receivable", "total_minor"),
                ("deferred_revenue", "- net_minor"),
                ("tax_payable", "early_minor - tax_minor"),
                ("tax_on_prepayments", "- early_minor"),
            ],
        )
    }}
union all
{{
    journal(
        "voids",
        "invoice_void",
        "invoices",
        "invoice_id",
        "voided_on",
        [
            ("receivable", "- total_minor"),
            ("deferred_revenue", "net_minor - credited_minor"),
            ("refunds_and_credits", "credited_minor"),
            ("tax_payable", "tax_minor"),
        ],
    )
}}
union all
{{
    journal(
        "prepaid",
        "tax_point",
        "invoices",
        "invoice_id",
        "posted_on",
        [("tax_on_prepayments", "tax_minor"), ("tax_payable", "- tax_minor")],
    )
}}
union all
{{
    journal(
        "write_offs",
        "write_off",
        "write_offs",
        "write_off_id",
        "effective_on",
        [("bad_debt", "amount_minor"), ("receivable", "- amount_minor")],
    )
}}
