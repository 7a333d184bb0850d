select
    tenant_id,
    modification_id,
    contract_id,
    customer_id,
    currency,
    effective_on,
    {{ money("price_change_minor", "millionths_per_minor") }} as price_change,
    treatment,
    part_treatment,
    reason,
    reached_obligations,
    {{ money("separate_contract_minor", "millionths_per_minor") }} as separate_contract_recognized_to_date,
    {{ money("price_minor - separate_contract_minor", "millionths_per_minor") }} as separate_contract_remaining,
    {{ money("prospective_minor", "millionths_per_minor") }} as prospective_recognized_to_date,
    {{ money("price_minor - prospective_minor", "millionths_per_minor") }} as prospective_remaining,
    {{ money("cumulative_catch_up_minor", "millionths_per_minor") }} as cumulative_catch_up_recognized_to_date,
    {{ money("price_minor - cumulative_catch_up_minor", "millionths_per_minor") }} as cumulative_catch_up_remaining
from {{ ref("int_revenue__modification_outcomes") }}
