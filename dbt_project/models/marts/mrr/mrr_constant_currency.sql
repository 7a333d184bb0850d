-- The rate is the as-of date's, or the last month-end's that has one for a currency in which nothing is sold any more.
with
    rates as (
        select
            tenant_id,
            currency,
            max(rate_on) as rate_on,
            arg_max(numerator, rate_on) as numerator,
            arg_max(denominator, rate_on) as denominator
        from {{ ref("int_fx__month_rates") }}
        where numerator is not null
        group by all
    ),

    valued as (
        select
            m.tenant_id,
            m.month_index,
            m.currency,
            m.movement,
            r.rate_on,
            r.numerator,
            r.denominator,
            {{ convert("m.opening_mrr", "r.numerator", "r.denominator") }} as opening,
            {{ convert("m.closing_mrr", "r.numerator", "r.denominator") }} as closing
        from {{ ref("int_mrr__movements") }} as m
        inner join rates as r using (tenant_id, currency)
    ),

    months as (
        select
            tenant_id,
            month_index,
            currency,
            rate_on,
            numerator,
            denominator,
            sum(opening) as opening,
            {% for movement in ["new", "reactivation", "expansion", "contraction", "churn"] %}
                coalesce(
                    sum(abs(closing - opening)) filter (where movement = '{{ movement }}'), 0
                ) as {{ movement }}_sum,
            {% endfor %}
            sum(closing) as closing
        from valued
        group by all
    )

select
    m.tenant_id,
    {{ month_start("m.month_index") }} as month,
    m.currency,
    {{ ratio("m.numerator", "m.denominator") }} as rate,
    m.rate_on,
    {{ money4("m.opening") }} as opening_mrr,
    {{ money4("m.new_sum") }} as new_mrr,
    {{ money4("m.reactivation_sum") }} as reactivation_mrr,
    {{ money4("m.expansion_sum") }} as expansion_mrr,
    {{ money4("m.contraction_sum") }} as contraction_mrr,
    {{ money4("m.churn_sum") }} as churned_mrr,
    {{ money4("m.closing") }} as closing_mrr,
    m.month_index = t.as_of_month and t.as_of < last_day(t.as_of) as is_partial
from months as m
inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
