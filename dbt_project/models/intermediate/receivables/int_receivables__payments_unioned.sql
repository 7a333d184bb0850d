{{ union_sources("stg_app__payments", "stg_csv__payments", ["tenant_id", "payment_id"]) }}
