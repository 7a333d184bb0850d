{{ union_sources("stg_app__products", "stg_csv__products", ["tenant_id", "product_id"]) }}
