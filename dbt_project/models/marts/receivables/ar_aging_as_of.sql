{{ config(materialized="table_macro", parameters=["d"], contract={"enforced": false}) }}
{{
    aging_as_of(
        "int_receivables__events_posted", "int_receivables__invoice_parts_posted", "invoice_id", "customer_id"
    )
}}
