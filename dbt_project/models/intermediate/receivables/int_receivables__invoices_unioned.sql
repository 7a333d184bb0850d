{{ union_sources("stg_app__invoices", "stg_csv__invoices", ["tenant_id", "invoice_id"]) }}
