{{ config(materialized="view") }}
select fresh.*
from
    {{ in_any_file(ref("int_definitions__item_lines")) }} as fresh
    {{ open_only("fresh", "month_index", until="closed_month", in_view=true) }}
union all by name
select *
from {{ in_any_file(ref("int_definitions__item_lines_closed")) }}
