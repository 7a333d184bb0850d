{{ union_sources("stg_app__bill_payments", "stg_csv__bill_payments", ["tenant_id", "bill_payment_id"]) }}
