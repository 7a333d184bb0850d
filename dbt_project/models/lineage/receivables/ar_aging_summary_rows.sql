-- DSO compares what is open with what was sold: simple with the sales of ninety days; by count-back with the sales of
-- whole months, the last of which counts in part. The days of the calendar are parts too.
with
    sales as (
        select
            i.tenant_id,
            i.invoice_id,
            i.customer_id,
            i.currency,
            i.issued_on,
            {{ month_index("i.issued_on") }} as issue_month,
            case
                when i.voided_on is null then {{ far_future() }} else greatest(i.voided_on, i.issued_on)
            end as void_on,
            c.millionths_per_minor,
            m.source_table,
            m.source_id,
            m.file_id,
            m.line,
            m.change_no,
            {{ money("m.net_minor + m.tax_minor", "c.millionths_per_minor") }} as part
        from {{ in_file("int_receivables__invoices_totalled") }} as i
        inner join {{ in_file("invoice_makers") }} as m using (tenant_id, invoice_id)
        inner join {{ in_file("stg_run__currencies") }} as c on i.currency = c.currency
    ),

    snapshots as (
        select t.*, {{ month_index("t.as_of") }} as snapshot_month, b.last_month
        from {{ in_file("ar_aging_summary") }} as t
        left join
            {{ in_file("countback_months") }} as b
            on t.tenant_id = b.tenant_id
            and t.currency = b.currency
            and t.as_of = b.as_of
    ),

    sold as (
        select
            n.as_of,
            s.*,
            s.customer_id as party,
            s.invoice_id as document_name,
            'sold' as step,
            case when n.as_of - s.issued_on between 0 and 89 then s.part end as in_90_days,
            case when s.issue_month > n.last_month then s.part end as in_whole_months,
            case when s.issue_month = n.last_month then s.part end as in_last_month
        from snapshots as n
        inner join sales as s using (tenant_id, currency)
        where s.issued_on <= n.as_of and s.void_on > n.as_of
    ),

    days as (
        select
            tenant_id,
            currency,
            as_of,
            'calendar' as party,
            null::varchar as document_name,
            'days' as step,
            days_after,
            days_in_month,
            'calendar' as source_table,
            last_month_on::varchar as source_id,
            null::varchar as file_id,
            null::bigint as line,
            null::bigint as change_no
        from {{ in_file("countback_months") }}
    ),

    rates as (select bucket, (loss_rate * 1000000)::bigint as millionths from {{ in_file("ar_loss_rates") }}),

    losses as (
        select a.*, a.part_minor::hugeint * r.millionths as loss, sum(loss) over summary as running
        from {{ in_file("ar_aging_parts") }} as a
        inner join rates as r on a.bucket = r.bucket
        window
            summary as (
                partition by a.tenant_id, a.as_of, a.currency
                order by a.invoice_id, a.due_on, a.effective_on, a.row_order, a.source_table, a.source_id
                rows between unbounded preceding and current row
            )
    ),

    allowances as (
        select
            l.*,
            {{
                money(
                    divide_half_up("l.running", "1000000") ~ " - " ~ divide_half_up("l.running - l.loss", "1000000"),
                    "c.millionths_per_minor",
                )
            }} as allowance
        from losses as l
        inner join {{ in_file("stg_run__currencies") }} as c on l.currency = c.currency
    )

    {{
        parts_by_column(
            in_file("ar_aging_parts"),
            ["as_of", "currency"],
            aging_summary_cases([("dso_simple", "receivable", "p.part"), ("dso_countback", "receivable", "p.part")]),
            "p.is_header",
        )
    }}
union all
{{
    parts_by_column(
        in_file("ar_unapplied_parts"),
        ["as_of", "currency"],
        [
            ("total", "", "p.part"),
            ("unapplied", "", "p.part"),
            ("dso_simple", "receivable", "p.part"),
            ("dso_countback", "receivable", "p.part"),
        ],
    )
}}
union all
{{ parts_by_column("allowances", ["as_of", "currency"], [("allowance", "", "p.allowance")]) }}
union all
{{
    parts_by_column(
        "sold",
        ["as_of", "currency"],
        [
            ("dso_simple", "sales", "p.in_90_days"),
            ("dso_countback", "whole_months", "p.in_whole_months"),
            ("dso_countback", "last_month", "p.in_last_month"),
        ],
    )
}}
union all
{{
    parts_by_column(
        "days",
        ["as_of", "currency"],
        [
            ("dso_countback", "days_after", "p.days_after"),
            ("dso_countback", "days_in_last_month", "p.days_in_month"),
        ],
    )
}}
