-- What the customers that had MRR twelve months earlier pay now, on either side.
select n.*
from {{ ref("int_definitions__sides") }} as n
semi join
    {{ ref("int_definitions__sides") }} as b
    on n.tenant_id = b.tenant_id
    and n.definition = b.definition
    and n.side = b.side
    and n.customer_id = b.customer_id
    and n.month_index = b.month_index + 12
