-- What a month earned, per customer and product, and what it moved: out of what was billed and waits (deferred
-- revenue), or ahead of the bill (contract asset). What each line earned is in revenue_recognition.
with
    months as (
        select
            l.tenant_id,
            coalesce(l.entity_id, k.entity_id, h.entity_id) as entity_id,
            l.customer_id,
            l.product_id,
            l.currency,
            l.month_index,
            sum(l.billed_minor - l.credited_minor)::bigint as billed_minor,
            sum(l.recognized_minor)::bigint as recognized_minor,
            sum(l.deferred_closing_minor)::bigint as deferred_minor,
            sum(l.contract_asset_closing_minor)::bigint as asset_minor
        from {{ ref("int_revenue__line_months") }} as l
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
    )

select
    c.tenant_id,
    c.entity_id,
    c.customer_id,
    c.product_id,
    c.currency,
    concat_ws('·', strftime({{ month_start("c.month_index") }}, '%Y-%m'), c.customer_id, c.product_id) as source_id,
    {{ snapshot_on("c.month_index", "t.as_of") }} as posted_on,
    c.recognized_minor,
    c.billed_minor - c.deferred_minor + if(c.has_opening, c.previous_deferred_minor, 0) as taken_minor,
    c.asset_minor - if(c.has_opening, c.previous_asset_minor, 0) as asset_change_minor
from changes as c
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
where c.recognized_minor <> 0 or taken_minor <> 0 or asset_change_minor <> 0
