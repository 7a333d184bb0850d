{{ config(materialized="view") }} {{ posted("int_tax__postings", "int_tax__postings_closed", "posted_on") }}
