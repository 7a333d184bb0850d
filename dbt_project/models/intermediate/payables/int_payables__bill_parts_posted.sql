{{ config(materialized="view") }} {{ parts_posted("int_payables__bill_parts", "int_payables__bill_parts_closed") }}
