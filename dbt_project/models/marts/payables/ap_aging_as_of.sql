{{ config(materialized="table_macro", parameters=["d"], contract={"enforced": false}) }}
{{ aging_as_of("int_payables__events_posted", "int_payables__bill_parts_posted", "bill_id", "vendor_id") }}
