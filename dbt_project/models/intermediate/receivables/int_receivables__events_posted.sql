{{ config(materialized="view") }}
{{ posted("int_receivables__events", "int_receivables__events_closed", "effective_on") }}
