-- The month at which counting backwards stops, per snapshot: the days of the calendar after it, and its own days.
-- Where all that was sold does not reach: the days since the first invoice's month.
with
    sales as ({{ sales_at_snapshots(in_file("int_receivables__totals"), in_file("int_receivables__month_sales")) }}),

    taken as (
        select
            *,
            sum(sales_minor) over (partition by tenant_id, currency, month_index order by issue_month desc)
            >= receivable_minor as is_reached
        from sales
    ),

    snapshots as (
        select
            tenant_id,
            currency,
            as_of,
            month_index,
            min(issue_month) as first_month,
            max(issue_month) filter (where is_reached) as last_month
        from taken
        group by all
    )

select
    tenant_id,
    currency,
    as_of,
    last_month,
    {{ month_start("coalesce(last_month, first_month)") }} as last_month_on,
    case
        when last_month is null then as_of - last_month_on + 1 else greatest(as_of - last_day(last_month_on), 0)
    end as days_after,
    case when last_month = month_index then day(as_of) else day(last_day(last_month_on)) end as days_in_month
from snapshots
