with
    parts as (
        select
            p.*,
            s.month,
            case when p.effective_on < s.month then p.part end as earlier,
            case when p.effective_on >= s.month then p.part end as this_month
        from {{ in_file("customer_statements") }} as s
        inner join {{ in_file("statement_parts") }} as p using (tenant_id, customer_id, currency)
        where p.effective_on <= last_day(s.month)
    )

    {{
        parts_by_column(
            "parts",
            ["customer_id", "month", "currency"],
            [
                ("opening", "", "p.earlier"),
                ("invoices", "", part_if("kind", ["invoice"], "p.this_month")),
                ("voids", "", part_if("kind", ["void"], "p.this_month")),
                ("payments", "", part_if("kind", ["payment"], "p.this_month")),
                ("credits", "", part_if("kind", ["credit_note"], "p.this_month")),
                ("refunds", "", part_if("kind", ["refund", "chargeback"], "p.this_month")),
                ("write_offs", "", part_if("kind", ["write_off"], "p.this_month")),
                ("transfers", "", part_if("kind", ["transfer"], "p.this_month")),
                ("closing", "", "p.part"),
            ],
        )
    }}
