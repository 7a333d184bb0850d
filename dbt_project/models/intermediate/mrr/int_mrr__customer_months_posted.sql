{{ config(materialized="view") }}
-- The closing of the last closed month is the opening of the first open one, whatever became known since.
select fresh.*
from
    {{ in_any_file(ref("int_mrr__customer_months")) }} as fresh
    {{ open_only("fresh", "month_index", until="closed_month", in_view=true) }}
union all by name
select *
from {{ in_any_file(ref("int_mrr__customer_months_closed")) }}
