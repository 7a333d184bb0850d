{{
    union_sources(
        "stg_app__invoice_lines",
        "stg_csv__invoice_lines",
        ["tenant_id", "line_id"],
        without=["description", "quantity", "unit_amount", "discount_amount"],
    )
}}
