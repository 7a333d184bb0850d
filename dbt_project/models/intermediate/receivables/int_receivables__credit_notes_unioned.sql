{{ union_sources("stg_app__credit_notes", "stg_csv__credit_notes", ["tenant_id", "credit_note_id"]) }}
