{{ config(materialized="view") }} {{ posted("int_payables__events", "int_payables__events_closed", "effective_on") }}
