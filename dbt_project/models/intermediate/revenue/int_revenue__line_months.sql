-- Revenue and balances of every source per month, in minor units. Nearly all rows come from plain invoice lines, so
-- these are computed in one pass; the columns are all that later models add up by.
with
    lines as (
        {{
            plain_invoice_lines(
                ref("int_receivables__invoice_lines_valued"), ref("int_revenue__invoices"), ref("int_revenue__units")
            )
        }}
    ),

    months as (
        select
            *,
            unnest(
                range(
                    least({{ month_index("starts_on") }}, issue_month),
                    least(greatest({{ month_index("ends_on") }}, issue_month), as_of_month) + 1
                )
            ) as month_index
        from lines
    ),

    snapshots as (
        select
            *,
            {{ month_start("month_index") }} - 1 as before_on,
            least(last_day({{ month_start("month_index") }}), as_of) as snapshot_on
        from months
    ),

    valued as (
        select
            *,
            case when month_index = issue_month then net_minor else 0 end as billed_minor,
            {{ earned_by_day("0", "net_minor", "starts_on", "ends_on", "snapshot_on") }} as recognized_to_date_minor,
            case when month_index >= issue_month then net_minor else 0 end - recognized_to_date_minor as open_minor,
            recognized_to_date_minor
            - {{ earned_by_day("0", "net_minor", "starts_on", "ends_on", "before_on") }} as recognized_minor
        from snapshots
    )

select
    tenant_id,
    'invoice_line' as source_kind,
    line_id as source_id,
    month_index,
    customer_id,
    contract_id,
    invoice_id,
    product_id,
    entity_id,
    currency,
    millionths_per_minor,
    billed_minor,
    recognized_minor,
    0::bigint as credited_minor,
    0::bigint as modified_minor,
    recognized_to_date_minor,
    greatest(open_minor, 0) as deferred_closing_minor,
    greatest(- open_minor, 0) as contract_asset_closing_minor,
    0::bigint as deferred_modified_minor
from valued
where billed_minor <> 0 or recognized_minor <> 0 or open_minor <> 0
union all by name
select *
from {{ ref("int_revenue__months_apart") }}
