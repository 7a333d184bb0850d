with
    parts as (
        select
            p.*,
            {{ month_start(month_index("p.posted_on")) }} as month,
            p.source_table as document_table,
            p.source_table as party,
            null::varchar as document_name,
            'bears tax' as step,
            d.file_id,
            d.line,
            d.change_no,
            c.millionths_per_minor
        from {{ in_file("int_tax__input_postings") }} as p
        inner join {{ in_file("stg_run__currencies") }} as c using (currency)
        left join {{ in_file("documents") }} as d using (tenant_id, source_table, source_id)
    )

select * exclude (document_table), document_table as source_table
from
    (
        {{
            parts_by_column(
                "parts",
                ["month", "currency", "document_table"],
                [
                    ("net", "", part_money("p.amount_minor - p.tax_minor")),
                    ("input_tax", "", part_money("p.tax_minor")),
                    ("documents", "", "1"),
                ],
            )
        }}
    )
