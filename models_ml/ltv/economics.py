"""What turns months and purchases into money: margins, the yearly discount rate, the formula's churn, and blended CAC.

Definitions as in the marts: gross margin and logo churn of `marts.revenue_metrics`; for what is bought, (revenue −
cost) ÷ revenue of the lines whose cost is known, else the tenant's setting. CAC is the marketing spend of the period,
the median sales cycle earlier, over the customers won in it; the period is the last 12 full months, or those of them
whose spend can be known.
"""

from dataclasses import dataclass

import duckdb

TENANTS = """
create or replace temp table lifetime_economics as
with
    days as (
        select
            tenant_id,
            as_of,
            reporting_currency,
            gross_margin::double as set_margin,
            case
                when as_of = last_day(as_of) then as_of + 1 else date_trunc('month', as_of)::date
            end as period_end
        from run.tenants
    ),

    metrics as (
        select
            tenant_id,
            arg_max(gross_margin, month) as gross_margin,
            arg_max(opening_customers, month) filter (where not is_partial) as opening_customers,
            arg_max(churned_customers, month) filter (where not is_partial) as churned_customers
        from marts.revenue_metrics
        group by tenant_id
    ),

    cycles as (
        select tenant_id, median(cycle_days)::integer as lag_days
        from intermediate.int_pipeline__deals_dated
        where outcome = 'won' and cycle_days >= 0 and ended_on <= as_of
        group by tenant_id
    ),

    spans as (
        select
            d.tenant_id,
            d.as_of,
            d.reporting_currency,
            d.period_end,
            coalesce(c.lag_days, 0) as lag_days,
            greatest(
                d.period_end - interval 12 month, date_trunc('month', min(s.spent_on) + coalesce(c.lag_days, 0))
            )::date as period_start
        from days as d
        inner join raw_csv.marketing_spend as s on d.tenant_id = s.tenant_id and s.spent_on <= d.as_of
        left join cycles as c on d.tenant_id = c.tenant_id
        group by d.tenant_id, d.as_of, d.reporting_currency, d.period_end, c.lag_days
    ),

    spend as (
        select
            p.tenant_id,
            sum(s.amount) filter (where s.currency = p.reporting_currency) as spend,
            count(*) filter (where s.currency <> p.reporting_currency) as elsewhere
        from spans as p
        inner join
            raw_csv.marketing_spend as s
            on p.tenant_id = s.tenant_id
            and s.spent_on + p.lag_days >= p.period_start
            and s.spent_on + p.lag_days < p.period_end
        group by p.tenant_id
    ),

    won as (
        select p.tenant_id, sum(m.new_customers) as customers, sum(m.new_mrr) as mrr
        from spans as p
        inner join
            marts.revenue_metrics as m
            on p.tenant_id = m.tenant_id
            and m.month >= p.period_start
            and m.month < p.period_end
        group by p.tenant_id
    ),

    bought as (
        select p.tenant_id, count(*) as customers
        from spans as p
        inner join
            ml.lifetime_features as f
            on p.tenant_id = f.tenant_id
            and f.known_on = p.as_of
            and f.known_on - f.age_days >= p.period_start
            and f.known_on - f.age_days < p.period_end
        group by p.tenant_id
    ),

    sums as (
        select
            p.tenant_id,
            s.spend,
            s.elsewhere,
            coalesce(w.customers, 0) + coalesce(b.customers, 0) as customers,
            w.customers as contracts,
            w.mrr
        from spans as p
        left join spend as s using (tenant_id)
        left join won as w using (tenant_id)
        left join bought as b using (tenant_id)
    )

select
    d.tenant_id,
    d.as_of,
    d.reporting_currency,
    coalesce(m.gross_margin, d.set_margin) as gross_margin,
    coalesce(own.discount_rate, everybody.discount_rate, 0)::double as discount_rate,
    m.opening_customers,
    m.churned_customers,
    case
        when s.tenant_id is null
        then 'no marketing spend is known'
        when s.elsewhere > 0
        then 'marketing spend is not all in ' || d.reporting_currency
        when s.spend is null
        then 'no marketing spend in the period'
        when s.customers = 0
        then 'no customer was won in the period'
    end as cac_reason,
    case when cac_reason is null then s.spend::double / s.customers end as cac,
    case
        when cac_reason is null and s.mrr > 0 and coalesce(m.gross_margin, d.set_margin) > 0
        then s.spend::double / s.customers / (s.mrr::double / s.contracts * coalesce(m.gross_margin, d.set_margin))
    end as cac_payback_months
from days as d
left join metrics as m using (tenant_id)
left join sums as s using (tenant_id)
left join staging.lifetime_discount_rates as own on d.tenant_id = own.tenant_id
left join staging.lifetime_discount_rates as everybody on everybody.tenant_id = '*'
"""

RETAIL = """
select
    s.tenant_id,
    s.currency,
    (sum(s.revenue - s.cost) filter (where s.cost is not null))::double
    / nullif((sum(s.revenue) filter (where s.cost is not null))::double, 0) as margin
from intermediate.int_retail__sales_dated as s
group by s.tenant_id, s.currency
having margin is not null
"""


@dataclass(frozen=True)
class Economics:
    """Of a tenant: `gross_margin` of recurring revenue and the yearly `discount_rate`, both fractions; `set_margin` is
    the tenant's setting and `sales_margin` that of what is sold, by currency, where costs are known."""

    gross_margin: float
    set_margin: float
    discount_rate: float
    sales_margin: dict[str, float]


def read_economics(connection: duckdb.DuckDBPyConnection) -> dict[str, Economics]:
    """Makes the temporary table `lifetime_economics`, a row per tenant, and returns what valuing needs of it."""
    connection.execute(TENANTS)
    sales: dict[str, dict[str, float]] = {}
    for tenant_id, currency, margin in connection.execute(RETAIL).fetchall():
        sales.setdefault(tenant_id, {})[currency] = margin
    rows = connection.execute(
        """select e.tenant_id, e.gross_margin, t.gross_margin::double, e.discount_rate
        from lifetime_economics as e inner join run.tenants as t using (tenant_id) order by e.tenant_id"""
    ).fetchall()
    return {
        tenant_id: Economics(margin, set_margin, rate, sales.get(tenant_id, {}))
        for tenant_id, margin, set_margin, rate in rows
    }
