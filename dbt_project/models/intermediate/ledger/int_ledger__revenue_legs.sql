-- What a month earned, per customer and product: out of what was billed and waits (deferred revenue), or ahead of the
-- bill (contract asset). Lines are summed first; what each earned is in revenue_recognition.
with
    lines as (
        select
            tenant_id,
            entity_id,
            contract_id,
            customer_id,
            product_id,
            currency,
            month_index,
            sum(billed_minor) - sum(credited_minor) as billed_minor,
            sum(recognized_minor) as recognized_minor,
            sum(deferred_closing_minor) as deferred_minor,
            sum(contract_asset_closing_minor) as asset_minor
        from {{ ref("int_revenue__line_months") }}
        group by all
    ),

    months as (
        select
            l.tenant_id,
            coalesce(l.entity_id, k.entity_id, h.entity_id) as entity_id,
            l.customer_id,
            l.product_id,
            l.currency,
            l.month_index,
            sum(l.billed_minor) as billed_minor,
            sum(l.recognized_minor) as recognized_minor,
            sum(l.deferred_minor) as deferred_minor,
            sum(l.asset_minor) as asset_minor
        from lines as l
        inner join {{ ref("int_ledger__home_entities") }} as h on l.tenant_id = h.tenant_id
        left join
            {{ ref("int_revenue__contracts_unioned") }} as k
            on l.tenant_id = k.tenant_id
            and l.contract_id = k.contract_id
        group by all
    ),

    changes as (
        select
            *,
            coalesce(lag(month_index) over months = month_index - 1, false) as has_opening,
            lag(deferred_minor) over months as previous_deferred_minor,
            lag(asset_minor) over months as previous_asset_minor
        from months
        window months as (partition by tenant_id, entity_id, customer_id, product_id, currency order by month_index)
    ),

    earned as (
        select
            c.*,
            concat_ws(
                '·', strftime({{ month_start("c.month_index") }}, '%Y-%m'), c.customer_id, c.product_id
            ) as source_id,
            {{ snapshot_on("c.month_index", "t.as_of") }} as posted_on,
            c.deferred_minor - if(c.has_opening, c.previous_deferred_minor, 0) as deferred_change,
            c.asset_minor - if(c.has_opening, c.previous_asset_minor, 0) as asset_change
        from changes as c
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    )

    {{
        journal(
            "earned",
            "recognition",
            "revenue_recognition",
            "source_id",
            "posted_on",
            [
                ("deferred_revenue", "billed_minor - deferred_change"),
                ("contract_asset", "asset_change"),
                ("revenue", "- recognized_minor"),
            ],
            detail="product_id",
        )
    }}
