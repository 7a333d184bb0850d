-- The plan of an invoice stands as a whole: of one that the core has, no part comes from the drop.
{{ union_sources("stg_app__invoice_instalments", "stg_csv__invoice_instalments", ["tenant_id", "invoice_id"]) }}
