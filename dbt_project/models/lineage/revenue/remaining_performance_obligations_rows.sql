with
    parts as (
        select
            s.*,
            u.customer_id as party,
            u.contract_id as document_name,
            s.source_kind as step,
            case s.source_kind when 'obligation' then 'obligations' else 'contract_modifications' end as source_table,
            coalesce(o.file_id, m.file_id) as file_id,
            coalesce(o.line, m.line) as line,
            coalesce(o.change_no, m.change_no) as change_no
        from {{ in_file("int_revenue__remaining_snapshots") }} as s
        inner join {{ in_file("int_revenue__units") }} as u using (tenant_id, source_kind, source_id)
        left join
            {{ in_file("int_revenue__obligations_unioned") }} as o
            on s.tenant_id = o.tenant_id
            and s.source_id = o.obligation_id
            and s.source_kind = 'obligation'
        left join
            {{ in_file("int_revenue__contract_modifications_unioned") }} as m
            on s.tenant_id = m.tenant_id
            and s.source_id = m.modification_id
            and s.source_kind = 'modification'
    )

    {{
        parts_by_column(
            "parts",
            ["as_of", "currency"],
            [
                ("rpo", "", money("p.remaining_minor", "p.millionths_per_minor")),
                ("current_rpo", "", money("p.current_minor", "p.millionths_per_minor")),
            ],
        )
    }}
