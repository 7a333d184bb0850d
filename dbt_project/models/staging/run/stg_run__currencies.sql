select currency, exponent, [1000000, 100000, 10000, 1000, 100][exponent + 1]::bigint as millionths_per_minor
from {{ source("run", "currencies") }}
where exponent between 0 and 4
