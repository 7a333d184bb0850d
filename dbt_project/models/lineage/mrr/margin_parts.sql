-- Gross margin by product sold, or by the tenant's setting in months in which no product sold has a price and a cost.
with
    products as (
        select
            m.tenant_id,
            m.month_index,
            p.product_id,
            {{ convert("m.net_mrr", "r.numerator", "r.denominator") }} as mrr,
            {{ to_millionths("p.unit_cost") }} as cost,
            {{ to_millionths("p.standalone_price") }} as price,
            p.file_id,
            p.line,
            p.change_no
        from {{ in_file("int_mrr__product_months") }} as m
        inner join {{ in_file("int_fx__month_rates") }} as r using (tenant_id, currency, month_index)
        inner join
            {{ in_file("int_mrr__products_unioned") }} as p on m.tenant_id = p.tenant_id and m.product_id = p.product_id
    )

select
    m.tenant_id,
    {{ month_start("m.month_index") }} as month,
    coalesce(p.product_id, 'setting') as party,
    null::varchar as document_name,
    'margin' as step,
    case
        when p.product_id is null
        then m.gross_margin::decimal(38, 6)
        else {{ money4("p.mrr - " ~ divide_half_up("p.mrr * p.cost", "p.price")) }}
    end as margin_part,
    case when p.product_id is null then 1::decimal(38, 6) else {{ money4("p.mrr") }} end as margin_whole,
    case when p.product_id is null then 'tenants.toml' else 'products' end as source_table,
    coalesce(p.product_id, 'gross_margin') as source_id,
    p.file_id,
    p.line,
    p.change_no
from {{ in_file("int_mrr__month_figures") }} as m
left join
    {{ in_file("int_mrr__gross_margins") }} as g
    on m.tenant_id = g.tenant_id
    and m.month_index = g.month_index
    and g.mrr > 0
left join products as p on m.tenant_id = p.tenant_id and m.month_index = p.month_index and g.tenant_id is not null
