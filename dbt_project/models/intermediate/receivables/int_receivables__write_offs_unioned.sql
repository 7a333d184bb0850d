{{ union_sources("stg_app__write_offs", "stg_csv__write_offs", ["tenant_id", "write_off_id"]) }}
