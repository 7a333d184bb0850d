-- The month at which counting backwards stops, per snapshot: what of the calendar lies after it, and its own days.
-- Where
-- all that was sold does not reach, the days since the first invoice's month.
with
    sales as (
        select
            r.tenant_id,
            r.currency,
            r.month_index,
            r.as_of,
            greatest(r.total_minor, 0) as receivable_minor,
            s.issue_month,
            sum(s.sales_minor) as sales_minor
        from {{ in_file("int_receivables__totals") }} as r
        inner join
            {{ in_file("int_receivables__month_sales") }} as s
            on r.tenant_id = s.tenant_id
            and r.currency = s.currency
            and r.month_index >= s.issue_month
            and r.month_index < s.void_month
        group by all
    ),

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
