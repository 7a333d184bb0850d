select
    tenant_id,
    {{ month_start("month_index") }} as month,
    metric,
    definition,
    customer_id,
    subscription_id,
    item_id,
    currency,
    reason,
    {{ money4("numerator_difference") }} as numerator_difference,
    {{ money4("denominator_difference") }} as denominator_difference
from {{ ref("int_definitions__lines") }}
