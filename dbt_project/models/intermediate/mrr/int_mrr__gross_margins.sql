-- Gross margin of the products sold: their unit cost over their price, weighted by the MRR of the month.
with
    costs as (
        select
            m.tenant_id,
            m.month_index,
            {{ convert("m.net_mrr", "r.numerator", "r.denominator") }} as mrr,
            {{ to_millionths("p.unit_cost") }} as cost,
            {{ to_millionths("p.standalone_price") }} as price
        from {{ ref("int_mrr__product_months") }} as m
        inner join {{ ref("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
        inner join {{ ref("int_mrr__products_unioned") }} as p using (tenant_id, product_id)
    )

select tenant_id, month_index, sum(mrr) as mrr, sum({{ divide_half_up("mrr * cost", "price") }}) as cost
from costs
group by all
