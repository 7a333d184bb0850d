select
    m.tenant_id,
    m.customer_id,
    {{ month_start("m.month_index") }} as month,
    m.currency,
    {{ money4("m.opening_mrr") }} as opening_mrr,
    {{ money4("case when m.movement = 'new' then m.movement_mrr else 0 end") }} as new_mrr,
    {{ money4("case when m.movement = 'reactivation' then m.movement_mrr else 0 end") }} as reactivation_mrr,
    {{ money4("case when m.movement = 'expansion' then m.movement_mrr else 0 end") }} as expansion_mrr,
    {{ money4("case when m.movement = 'contraction' then m.movement_mrr else 0 end") }} as contraction_mrr,
    {{ money4("case when m.movement = 'churn' then m.movement_mrr else 0 end") }} as churned_mrr,
    {{ money4("m.closing_mrr") }} as closing_mrr,
    {{ money4("m.opening_reporting") }} as opening_mrr_reporting,
    {{ money4("case when m.movement = 'new' then m.movement_reporting else 0 end") }} as new_mrr_reporting,
    {{ money4("case when m.movement = 'reactivation' then m.movement_reporting else 0 end") }}
    as reactivation_mrr_reporting,
    {{ money4("case when m.movement = 'expansion' then m.movement_reporting else 0 end") }} as expansion_mrr_reporting,
    {{ money4("case when m.movement = 'contraction' then m.movement_reporting else 0 end") }}
    as contraction_mrr_reporting,
    {{ money4("case when m.movement = 'churn' then m.movement_reporting else 0 end") }} as churned_mrr_reporting,
    {{ money4("m.fx_reporting") }} as fx_mrr_reporting,
    {{ money4("m.closing_reporting") }} as closing_mrr_reporting,
    m.movement,
    r.reason,
    r.service_ended_on,
    r.cancel_requested_on,
    m.month_index = t.as_of_month and t.as_of < last_day(t.as_of) as is_partial
from {{ ref("int_mrr__movements_valued") }} as m
inner join {{ ref("stg_run__tenants") }} as t on m.tenant_id = t.tenant_id
left join
    {{ ref("int_mrr__movement_reasons") }} as r
    on m.tenant_id = r.tenant_id
    and m.customer_id = r.customer_id
    and m.month_index = r.month_index
    {{ open_only("m", "month_index", until="closed_month") }}
union all by name
{{ closed_rows("mrr_movements", "month") }}
