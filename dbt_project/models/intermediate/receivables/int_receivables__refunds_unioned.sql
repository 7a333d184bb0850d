{{ union_sources("stg_app__refunds", "stg_csv__refunds", ["tenant_id", "refund_id"]) }}
