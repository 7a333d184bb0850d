{{
    union_sources(
        "stg_app__tax_rates", "stg_csv__tax_rates", ["tenant_id", "jurisdiction", "kind", "category", "valid_from"]
    )
}}
