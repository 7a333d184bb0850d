{{ union_sources("stg_app__bank_lines", "stg_csv__bank_statement", ["tenant_id", "bank_line_id"]) }}
