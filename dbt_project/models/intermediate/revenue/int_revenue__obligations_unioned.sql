{{ union_sources("stg_app__obligations", "stg_csv__obligations", ["tenant_id", "obligation_id"]) }}
