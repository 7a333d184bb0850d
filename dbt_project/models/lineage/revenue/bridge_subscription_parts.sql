-- What stands between the MRR of a subscription and what its lines serve of a month, by subscription row and by line.
with
    lines as (
        select k.*, l.file_id, l.line, l.change_no
        from {{ in_file("int_bridge__line_kinds") }} as k
        inner join {{ in_file("int_receivables__invoice_lines_unioned") }} as l using (tenant_id, line_id)
        where k.kind = 'subscription'
    ),

    plain as (
        select l.*, m.month_index, m.recognized_minor as served_minor
        from lines as l
        inner join
            {{ in_file("int_revenue__line_months") }} as m
            on l.tenant_id = m.tenant_id
            and l.line_id = m.source_id
            and m.source_kind = 'invoice_line'
        where not l.is_apart and m.recognized_minor <> 0
    ),

    apart as (
        select
            l.*,
            m.month_index,
            {{ earned_by_day("0", "a.net_minor", "a.starts_on", "a.ends_on", snapshot_on("m.month_index", "m.as_of")) }}
            - {{ earned_by_day("0", "a.net_minor", "a.starts_on", "a.ends_on", month_start("m.month_index") ~ " - 1") }}
            as served_minor
        from lines as l
        inner join {{ in_file("int_revenue__lines_apart") }} as a using (tenant_id, line_id)
        inner join
            {{ in_file("months_of_tenants") }} as m
            on l.tenant_id = m.tenant_id
            and m.month_index between {{ month_index("a.starts_on") }} and {{ month_index("a.ends_on") }}
        where l.is_apart
    ),

    served as (
        select *  -- noqa: AM07
        from plain
        union all
        select *
        from apart
        where served_minor <> 0
    ),

    -- Months in which lines serve and those in which they are issued: a line stands in both.
    by_line as (
        select  -- noqa: AM07
            * exclude (net_minor, tax_minor),
            served_minor as serves_minor,
            case when issue_month = month_index then 0 else - served_minor end as timing_minor
        from served
        union all by name
        select
            * exclude (net_minor, tax_minor, month_index, served_minor),
            issue_month as month_index,
            0 as serves_minor,
            case when issue_month = month_index then - served_minor else 0 end as timing_minor
        from served
        where issue_month = month_index
        union all by name
        select
            * exclude (net_minor, tax_minor), issue_month as month_index, 0 as serves_minor, net_minor as timing_minor
        from lines
    ),

    rows as (
        select
            m.*,
            coalesce(p.kind = 'usage', false) as is_usage,
            c.millionths_per_minor,
            sum(case when coalesce(p.kind = 'usage', false) then 0 else m.net_mrr end) over item as running
        from {{ in_file("subscription_months") }} as m
        inner join {{ in_file("stg_run__currencies") }} as c on m.currency = c.currency
        inner join
            {{ in_file("int_mrr__subscriptions_unioned") }} as s
            on m.tenant_id = s.tenant_id
            and m.source_id = concat_ws(' · ', s.subscription_id, s.item_id, s.started_on)
        left join
            {{ in_file("int_mrr__products_unioned") }} as p on s.tenant_id = p.tenant_id and s.product_id = p.product_id
        where m.net_mrr > 0
        window
            item as (
                partition by m.tenant_id, m.customer_id, m.subscription_id, m.currency, m.month_index
                order by m.source_id
                rows between unbounded preceding and current row
            )
    ),

    by_row as (
        select
            *,
            case when is_usage then 0 else net_mrr end as plain_mrr,
            {{ divide_half_up("running * 100", "millionths_per_minor") }}
            - {{ divide_half_up("(running - plain_mrr) * 100", "millionths_per_minor") }} as mrr_minor
        from rows
    ),

    pairs as (
        select
            tenant_id,
            customer_id,
            subscription_id,
            currency,
            month_index,
            coalesce(m.net_mrr, 0) as item_mrr,
            coalesce(s.served_minor, 0) as item_served
        from {{ in_file("int_bridge__subscription_months") }} as m
        full join
            {{ in_file("int_bridge__served") }} as s using (
                tenant_id, customer_id, subscription_id, currency, month_index
            )
    )

select
    r.tenant_id,
    r.customer_id,
    r.currency,
    r.month_index,
    r.millionths_per_minor,
    r.subscription_id as party,
    'MRR' as step,
    {{ money4("r.net_mrr") }} as mrr,
    {{ money4("case when p.item_served = 0 then - r.plain_mrr end") }} as not_billed,
    {{ money("case when p.item_served <> 0 and p.item_mrr > 0 then - r.mrr_minor end", "r.millionths_per_minor") }}
    as proration,
    {{
        money4(
            "case when p.item_served <> 0 and p.item_mrr > 0 then"
            ~ " divide(r.mrr_minor * r.millionths_per_minor, 100) - r.plain_mrr end"
        )
    }} as currency_rounding,
    {{ money4("case when r.is_usage then - r.net_mrr end") }} as usage,  -- noqa: RF04
    null::decimal(28, 4) as beyond_mrr,
    null::decimal(28, 4) as billing_timing,
    'subscriptions' as source_table,
    r.source_id,
    r.file_id,
    r.line,
    r.change_no
from by_row as r
inner join pairs as p using (tenant_id, customer_id, subscription_id, currency, month_index)
union all by name
select
    l.tenant_id,
    l.customer_id,
    l.currency,
    l.month_index,
    l.millionths_per_minor,
    l.subscription_id as party,
    'serves' as step,
    {{ money("case when p.item_mrr = 0 then l.serves_minor end", "l.millionths_per_minor") }} as beyond_mrr,
    {{ money("case when p.item_mrr > 0 and p.item_served <> 0 then l.serves_minor end", "l.millionths_per_minor") }}
    as proration,
    {{ money("l.timing_minor", "l.millionths_per_minor") }} as billing_timing,
    {{ row_columns("'invoice_lines'", "l.line_id", "l") }}
from by_line as l
left join pairs as p using (tenant_id, customer_id, subscription_id, currency, month_index)
