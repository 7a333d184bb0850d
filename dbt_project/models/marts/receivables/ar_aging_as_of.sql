{{ config(materialized="table_macro", parameters=["d"], contract={"enforced": false}) }}
{{ aging_as_of("int_receivables__events", "int_receivables__invoice_parts", "invoice_id", "customer_id") }}
