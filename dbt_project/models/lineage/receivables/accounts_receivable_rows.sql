-- One invoice by the rows that made and moved it up to the as-of date. What is beyond its total is what the balance
-- falls
-- below 0 by.
with
    parts as (
        select
            r.*,
            m.net_minor,
            m.tax_minor,
            c.millionths_per_minor,
            r.customer_id as party,
            r.document_id as document_name,
            r.kind as step,
            sum(r.amount_minor) over invoice as running
        from {{ in_file("receivable_rows") }} as r
        inner join {{ in_file("stg_run__tenants") }} as t on r.tenant_id = t.tenant_id
        inner join {{ in_file("stg_run__currencies") }} as c on r.currency = c.currency
        left join
            {{ in_file("invoice_makers") }} as m
            on r.tenant_id = m.tenant_id
            and r.source_table = m.source_table
            and r.source_id = m.source_id
            and r.kind = 'invoice'
        where r.invoice_id is not null and r.effective_on <= t.as_of
        window
            invoice as (
                partition by r.tenant_id, r.invoice_id
                order by r.effective_on, r.row_order, r.source_table, r.source_id
                rows between unbounded preceding and current row
            )
    )

    {{
        parts_by_column(
            "parts",
            ["invoice_id"],
            [
                ("net", "", part_money("p.net_minor")),
                ("tax", "", part_money("p.tax_minor")),
                ("amount", "", "case when p.kind = 'invoice' then " ~ part_money("p.amount_minor") ~ " end"),
                ("allocated", "", "case when p.kind = 'allocation' then - " ~ part_money("p.amount_minor") ~ " end"),
                (
                    "credited",
                    "",
                    "case when p.kind = 'credit_note_applied' then - " ~ part_money("p.amount_minor") ~ " end",
                ),
                ("written_off", "", "case when p.kind = 'write_off' then - " ~ part_money("p.amount_minor") ~ " end"),
                (
                    "refunded",
                    "",
                    "case when p.kind in ('refund', 'chargeback') then " ~ part_money("p.amount_minor") ~ " end",
                ),
                ("voided", "", "case when p.kind = 'void' then - " ~ part_money("p.amount_minor") ~ " end"),
                ("outstanding", "", part_money("greatest(p.running, 0) - greatest(p.running - p.amount_minor, 0)")),
                ("unapplied", "", part_money("least(p.running, 0) - least(p.running - p.amount_minor, 0)")),
            ],
            "p.is_header",
        )
    }}
