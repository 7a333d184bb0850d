{{ union_sources("stg_app__expenses", "stg_csv__expenses", ["tenant_id", "expense_id"]) }}
