{{ config(materialized="view") }}
{{ parts_posted("int_receivables__invoice_parts", "int_receivables__invoice_parts_closed") }}
