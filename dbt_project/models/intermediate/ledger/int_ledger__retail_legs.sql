-- The shop's takings: a day's sales of a product, rounded once, since a line may have more decimals than its currency.
with
    days as (
        select
            s.tenant_id,
            h.entity_id,
            null::varchar as customer_id,
            s.currency,
            s.product,
            s.sold_on,
            concat_ws('·', s.sold_on, s.product) as source_id,
            {{ divide_half_up("(sum(s.revenue) * 1000000)::hugeint", "max(c.millionths_per_minor)") }} as amount_minor
        from {{ ref("int_retail__sales_dated") }} as s
        inner join {{ ref("int_ledger__home_entities") }} as h using (tenant_id)
        inner join {{ ref("stg_run__currencies") }} as c using (currency)
        group by all
    )

    {{
        journal(
            "days",
            "sales",
            "sales",
            "source_id",
            "sold_on",
            [("cash", "amount_minor"), ("revenue", "- amount_minor")],
            detail="product",
        )
    }}
