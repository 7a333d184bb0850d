select tenant_id, purpose, detail, change_no, account, account_name from {{ source("raw_app", "gl_mappings") }}
