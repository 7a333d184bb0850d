{{ config(materialized="view") }} {{ posted("int_tax__input_postings", "int_tax__input_postings_closed", "posted_on") }}
