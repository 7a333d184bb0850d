{%- set closing = money4("p.closing_reporting") -%}
-- A customer's rows of a month stand in its cohort's cell of that month; its rows of the first month stand in every
-- cell
-- that is compared with them.
with
    customer_months as (
        select tenant_id, customer_id, month_index, sum(closing_reporting) as mrr
        from {{ in_file("int_mrr__movements_valued") }}
        where closing_mrr > 0
        group by all
    ),

    joined as (
        select
            *,
            min(month_index) over customer as cohort_index,
            first_value(mrr) over (customer order by month_index) as first_mrr
        from customer_months
        window customer as (partition by tenant_id, customer_id)
    ),

    month_rows as (
        select
            p.* exclude (step),
            'now' as step,
            {{ month_start("j.cohort_index") }} as cohort_month,
            p.month_index - j.cohort_index as period,
            j.mrr <= j.first_mrr as is_kept
        from {{ in_file("mrr_parts") }} as p
        inner join joined as j using (tenant_id, customer_id, month_index)
        where p.closing > 0
    ),

    cells as (select tenant_id, cohort_month, period from {{ in_file("cohort_analysis") }}),

    first_rows as (
        select
            r.* exclude (period, is_kept, step),  -- noqa: RF02
            'first month' as step,
            c.period,
            coalesce(j.mrr > j.first_mrr, false) as is_kept
        from month_rows as r
        inner join cells as c using (tenant_id, cohort_month)
        left join
            joined as j
            on r.tenant_id = j.tenant_id
            and r.customer_id = j.customer_id
            and j.month_index = r.month_index + c.period
        where r.period = 0
    )

    {{
        parts_by_column(
            "month_rows",
            ["cohort_month", "period"],
            [
                ("retained_customers", "", "case when p.counts_at_closing then 1 end"),
                ("logo_retention", "numerator", "case when p.counts_at_closing then 1 end"),
                ("mrr", "", closing),
                ("net_retention", "numerator", closing),
                ("gross_retention", "numerator", "case when p.is_kept then " ~ closing ~ " end"),
            ],
        )
    }}
union all
{{
    parts_by_column(
        "first_rows",
        ["cohort_month", "period"],
        [
            ("customers", "", "case when p.counts_at_closing then 1 end"),
            ("logo_retention", "denominator", "case when p.counts_at_closing then 1 end"),
            ("net_retention", "denominator", closing),
            ("gross_retention", "numerator", "case when p.is_kept then " ~ closing ~ " end"),
            ("gross_retention", "denominator", closing),
        ],
    )
}}
