{{ union_sources("stg_app__bills", "stg_csv__bills", ["tenant_id", "bill_id"]) }}
