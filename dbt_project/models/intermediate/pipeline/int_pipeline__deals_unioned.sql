{{ union_sources("stg_app__deals", "stg_csv__deals", ["tenant_id", "deal_id"]) }}
