{{ union_sources("stg_app__sales", "stg_csv__sales", ["tenant_id", "sale_id"]) }}
