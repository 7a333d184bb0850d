{{
    union_sources(
        "stg_app__payment_allocations",
        "stg_csv__payment_allocations",
        ["tenant_id", "payment_id", "invoice_id", "allocated_on"],
    )
}}
