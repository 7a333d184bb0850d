-- A month belongs to the filing that covers its last day; without one it is open and due on the jurisdiction's usual
-- day.
with
    months as (
        select
            tenant_id,
            jurisdiction,
            {{ month_index("posted_on") }} as month_index,
            currency,
            kind,
            rate,
            sum(taxable_minor) as taxable_minor,
            sum(exempt_minor) as exempt_minor,
            sum(zero_rated_minor) as zero_rated_minor,
            sum(reverse_charge_minor) as reverse_charge_minor,
            coalesce(sum(amount_minor) filter (where entry = 'charge'), 0) as charged_minor,
            - coalesce(sum(amount_minor) filter (where entry <> 'charge'), 0) as credited_minor
        from {{ ref("int_tax__postings_posted") }}
        group by all
    ),

    dated as (select *, last_day({{ month_start("month_index") }}) as month_ends_on from months),

    filed as (
        select
            m.*,
            t.as_of,
            f.filing_id,
            f.due_on,
            f.filed_on,
            f.paid_on,
            {{ month_index("coalesce(f.period_ends_on, m.month_ends_on)") }} as last_month
        from dated as m
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
        left join
            {{ ref("stg_app__tax_filings") }} as f
            on m.tenant_id = f.tenant_id
            and m.jurisdiction = f.jurisdiction
            and m.month_ends_on between f.period_starts_on and f.period_ends_on
    )

select
    f.tenant_id,
    f.jurisdiction,
    {{ month_start("f.month_index") }} as period,
    f.currency,
    f.kind,
    f.rate,
    {{ money("f.taxable_minor", "c.millionths_per_minor") }} as taxable,
    {{ money("f.exempt_minor", "c.millionths_per_minor") }} as exempt,
    {{ money("f.zero_rated_minor", "c.millionths_per_minor") }} as zero_rated,
    {{ money("f.reverse_charge_minor", "c.millionths_per_minor") }} as reverse_charge,
    {{ money("f.charged_minor", "c.millionths_per_minor") }} as tax_charged,
    {{ money("f.credited_minor", "c.millionths_per_minor") }} as tax_credited,
    {{ money("f.charged_minor - f.credited_minor", "c.millionths_per_minor") }} as net_due,
    coalesce(
        f.due_on,
        least(
            {{ month_start("f.last_month + coalesce(d.months_after, 1)") }} + coalesce(d.day_of_month, 31) - 1,
            last_day({{ month_start("f.last_month + coalesce(d.months_after, 1)") }})
        )
    ) as due_on,
    case when f.paid_on <= f.as_of then 'paid' when f.filed_on <= f.as_of then 'filed' else 'open' end as filing_status,
    f.filing_id
from filed as f
inner join {{ ref("stg_run__currencies") }} as c using (currency)
left join {{ ref("tax_due_days") }} as d on split_part(f.jurisdiction, '-', 1) = d.country
