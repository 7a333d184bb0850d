-- From the MRR of a subscription to what its lines serve of the month. Where it has both, a part of a month, a price or
-- a day count that differs is proration, and what MRR has beyond the currency's smallest unit is rounding.
with
    pairs as (
        select
            tenant_id,
            customer_id,
            currency,
            month_index,
            coalesce(m.net_mrr, 0) as net_mrr,
            coalesce(m.usage_mrr, 0) as usage_mrr,
            coalesce(s.served_minor, 0) as served_minor,
            coalesce(s.billed_elsewhere_minor, 0) as billed_elsewhere_minor
        from {{ ref("int_bridge__subscription_months") }} as m
        full join
            {{ ref("int_bridge__served") }} as s using (tenant_id, customer_id, subscription_id, currency, month_index)
    ),

    rounded as (
        select
            p.*, c.millionths_per_minor, {{ divide_half_up("p.net_mrr * 100", "c.millionths_per_minor") }} as mrr_minor
        from pairs as p
        inner join {{ ref("stg_run__currencies") }} as c using (currency)
    )

select
    tenant_id,
    customer_id,
    currency,
    month_index,
    sum(net_mrr + usage_mrr) as mrr_units,
    - sum(usage_mrr) as usage_units,
    - coalesce(sum(net_mrr) filter (where served_minor = 0), 0) as not_billed_units,
    coalesce(sum(served_minor) filter (where net_mrr = 0), 0) as beyond_mrr_minor,
    coalesce(sum(served_minor - mrr_minor) filter (where net_mrr > 0 and served_minor <> 0), 0) as proration_minor,
    coalesce(
        sum(divide(mrr_minor * millionths_per_minor, 100) - net_mrr) filter (where net_mrr > 0 and served_minor <> 0), 0
    ) as rounding_units,
    - sum(billed_elsewhere_minor) as billed_elsewhere_minor
from rounded
group by all
