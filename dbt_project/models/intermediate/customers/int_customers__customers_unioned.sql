{{ union_sources("stg_app__customers", "stg_csv__customers", ["tenant_id", "customer_id"]) }}
