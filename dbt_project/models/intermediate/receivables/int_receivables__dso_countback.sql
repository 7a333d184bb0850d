-- Months backwards from each snapshot, each taking its sales off the receivables until nothing is left of them.
with
    sales as ({{ sales_at_snapshots(ref("int_receivables__totals"), ref("int_receivables__month_sales")) }}),

    months as (
        select
            *,
            case
                when issue_month = month_index then day(as_of) else day(last_day({{ month_start("issue_month") }}))
            end as days,
            sum(sales_minor) over backwards as taken_minor
        from sales
        window backwards as (partition by tenant_id, currency, month_index order by issue_month desc)
    ),

    -- The days from the snapshot's month down to just after a month of sales; months without sales count in full.
    dated as (
        select
            *,
            as_of - last_day({{ month_start("issue_month") }}) as days_after,
            row_number() over (
                partition by tenant_id, currency, month_index
                order by taken_minor >= receivable_minor desc, issue_month desc
            ) as priority
        from months
    ),

    last_months as (select * from dated where taken_minor >= receivable_minor and priority = 1),

    first_months as (
        select tenant_id, currency, month_index, as_of, receivable_minor, min(issue_month) as first_month
        from sales
        group by all
    )

select
    f.tenant_id,
    f.currency,
    f.month_index,
    case
        when f.receivable_minor = 0
        then 0
        when l.issue_month is null
        then (f.as_of - {{ month_start("f.first_month") }} + 1)::double
        else
            {{
                ratio(
                    "greatest(l.days_after, 0) * l.sales_minor"
                    ~ " + (l.receivable_minor - l.taken_minor + l.sales_minor) * l.days",
                    "l.sales_minor",
                )
            }}
    end as dso_countback
from first_months as f
left join last_months as l using (tenant_id, currency, month_index)
