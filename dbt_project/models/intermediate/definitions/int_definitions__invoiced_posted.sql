{{ config(materialized="view") }}
select fresh.*
from
    {{ in_any_file(ref("int_definitions__invoiced")) }} as fresh
    {{ open_only("fresh", "month_index", until="closed_month", in_view=true) }}
union all by name
select *
from {{ in_any_file(ref("int_definitions__invoiced_closed")) }}
