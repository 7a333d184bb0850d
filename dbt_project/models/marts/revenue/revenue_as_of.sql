{{ config(materialized="table_macro", parameters=["d"], contract={"enforced": false}) }} {{ revenue_as_of() }}
