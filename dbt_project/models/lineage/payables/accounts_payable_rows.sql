-- One bill by the rows that made and paid it up to the as-of date.
with
    parts as (
        select
            r.*,
            case when r.kind = 'bill' then b.tax_minor else 0 end as tax_minor,
            b.millionths_per_minor,
            r.vendor_id as party,
            r.document_id as document_name,
            r.kind as step,
            sum(r.amount_minor) over bill as running
        from {{ in_file("payable_rows") }} as r
        inner join {{ in_file("stg_run__tenants") }} as t on r.tenant_id = t.tenant_id
        inner join
            {{ in_file("int_payables__bills_judged") }} as b on r.tenant_id = b.tenant_id and r.bill_id = b.bill_id
        where r.effective_on <= t.as_of
        window
            bill as (
                partition by r.tenant_id, r.bill_id
                order by r.effective_on, r.row_order, r.source_table, r.source_id
                rows between unbounded preceding and current row
            )
    )

    {{
        parts_by_column(
            "parts",
            ["bill_id"],
            [
                ("net", "", "case when p.kind = 'bill' then " ~ part_money("p.amount_minor - p.tax_minor") ~ " end"),
                ("tax", "", part_money("p.tax_minor")),
                ("amount", "", "case when p.kind = 'bill' then " ~ part_money("p.amount_minor") ~ " end"),
                ("paid", "", "case when p.kind = 'payment' then - " ~ part_money("p.amount_minor") ~ " end"),
                ("outstanding", "", part_money("greatest(p.running, 0) - greatest(p.running - p.amount_minor, 0)")),
                ("unapplied", "", part_money("least(p.running, 0) - least(p.running - p.amount_minor, 0)")),
            ],
        )
    }}
