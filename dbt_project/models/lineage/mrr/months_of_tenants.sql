-- The months of a tenant up to the as-of date, from the first in which it has a figure of any kind.
select tenant_id, as_of, as_of_month, unnest(range(as_of_month - 1199, as_of_month + 1)) as month_index
from {{ in_file("stg_run__tenants") }}
