{{ union_sources("stg_app__contracts", "stg_csv__contracts", ["tenant_id", "contract_id"]) }}
