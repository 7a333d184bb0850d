-- An order belongs to the day of its first line and is counted there; its lines count on their own days.
with
    sales as (
        select
            *,
            coalesce(product, '') as party,
            order_id as document_name,
            case when is_return then 'return' else 'sale' end as step,
            'sales' as source_table,
            sale_id as source_id,
            bool_and(cost is not null) over (partition by tenant_id, sold_on, currency) as is_cost_complete,
            not is_return
            and ordered_on is not null
            and row_number() over (partition by tenant_id, order_id, is_return order by sold_on, sale_id, file_id, line)
            = 1 as is_first_of_order,
            min(currency) filter (where sold_on = ordered_on) over (
                partition by tenant_id, order_id, ordered_on
            ) as order_currency
        from {{ in_file("int_retail__sales_dated") }}
    )

    {{
        parts_by_column(
            "(select *, sold_on as day from sales)",
            ["day", "currency"],
            [
                ("revenue", "", "p.revenue"),
                ("gross_sales", "", "case when not p.is_return then p.revenue end"),
                ("returns", "", "case when p.is_return then - p.revenue end"),
                ("line_count", "", "1"),
                ("units", "", "p.quantity"),
                ("cost", "", "p.cost"),
                ("margin", "numerator", "case when p.is_cost_complete then p.revenue - p.cost end"),
                ("margin", "denominator", "case when p.is_cost_complete then p.revenue end"),
                ("aov", "numerator", "p.revenue"),
            ],
        )
    }}
union all
{{
    parts_by_column(
        "(select * exclude (currency), order_currency as currency, ordered_on as day from sales where is_first_of_order)",
        ["day", "currency"],
        [("orders", "", "1"), ("aov", "denominator", "1")],
    )
}}
