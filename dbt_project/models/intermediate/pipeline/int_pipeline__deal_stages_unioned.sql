{{ union_sources("stg_app__deal_stages", "stg_csv__deal_stages", ["tenant_id", "deal_id"]) }}
