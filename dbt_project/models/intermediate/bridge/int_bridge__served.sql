-- The part of each subscription line that serves a month, as it was billed: what a credit note or a void took off later
-- is an item of its own.
with
    lines as (
        select tenant_id, line_id, customer_id, subscription_id, currency, issue_month, is_apart
        from {{ ref("int_bridge__line_kinds") }}
        where kind = 'subscription'
    ),

    plain as (
        select
            l.tenant_id,
            l.customer_id,
            l.subscription_id,
            l.currency,
            m.month_index,
            l.issue_month = m.month_index as is_of_its_month,
            m.recognized_minor as served_minor
        from lines as l
        inner join
            {{ ref("int_revenue__line_months") }} as m
            on l.tenant_id = m.tenant_id
            and l.line_id = m.source_id
            and m.source_kind = 'invoice_line'
        where not l.is_apart and m.recognized_minor <> 0
    ),

    apart as (
        select
            l.tenant_id,
            l.customer_id,
            l.subscription_id,
            l.currency,
            l.issue_month,
            a.net_minor,
            a.starts_on,
            a.ends_on,
            t.as_of,
            unnest(
                range({{ month_index("a.starts_on") }}, least({{ month_index("a.ends_on") }}, t.as_of_month) + 1)
            ) as month_index
        from lines as l
        inner join {{ ref("int_revenue__lines_apart") }} as a using (tenant_id, line_id)
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        where l.is_apart
    ),

    cut as (
        select
            *,
            {{ snapshot_on("month_index", "as_of") }} as snapshot_on,
            {{ month_start("month_index") }} - 1 as before_on
        from apart
    ),

    both_kinds as (
        select *
        from plain
        union all
        select
            tenant_id,
            customer_id,
            subscription_id,
            currency,
            month_index,
            issue_month = month_index,
            {{ earned_by_day("0", "net_minor", "starts_on", "ends_on", "snapshot_on") }}
            - {{ earned_by_day("0", "net_minor", "starts_on", "ends_on", "before_on") }}
        from cut
    )

select
    tenant_id,
    customer_id,
    subscription_id,
    currency,
    month_index,
    sum(served_minor) as served_minor,
    coalesce(sum(served_minor) filter (where not is_of_its_month), 0) as billed_elsewhere_minor,
    coalesce(sum(served_minor) filter (where is_of_its_month), 0) as billed_here_minor
from both_kinds
group by all
