-- Stored beats inverse beats a cross over a common base; among several bases, the first by name.
with
    needed as (
        select tenant_id, currency, reporting_currency, rate_on, bool_or(is_required) as is_required
        from {{ ref("int_fx__rates_needed") }}
        group by all
    ),

    crosses as (
        select
            n.tenant_id,
            n.currency,
            n.reporting_currency,
            n.rate_on,
            c.base as via,
            least(c.quoted_on, r.quoted_on) as quoted_on,
            r.numerator * c.denominator as numerator,
            r.denominator * c.numerator as denominator
        from needed as n
        inner join
            {{ ref("int_fx__pair_rates") }} as c
            on n.tenant_id = c.tenant_id
            and n.currency = c.quote
            and n.rate_on = c.rate_on
        inner join
            {{ ref("int_fx__pair_rates") }} as r
            on n.tenant_id = r.tenant_id
            and n.reporting_currency = r.quote
            and n.rate_on = r.rate_on
            and c.base = r.base
        qualify row_number() over (partition by n.tenant_id, n.currency, n.rate_on order by c.base) = 1
    ),

    chosen as (
        select
            n.*,
            case
                when n.currency = n.reporting_currency
                then 'same'
                when p.method is not null
                then p.method
                when x.via is not null
                then 'cross'
            end as method,
            case when p.method is null then x.via end as via,
            coalesce(p.quoted_on, x.quoted_on) as quoted_on,
            case when n.currency = n.reporting_currency then 1 else coalesce(p.numerator, x.numerator) end as numerator,
            case
                when n.currency = n.reporting_currency then 1 else coalesce(p.denominator, x.denominator)
            end as denominator
        from needed as n
        left join
            {{ ref("int_fx__pair_rates") }} as p
            on n.tenant_id = p.tenant_id
            and n.currency = p.base
            and n.reporting_currency = p.quote
            and n.rate_on = p.rate_on
        left join crosses as x on n.tenant_id = x.tenant_id and n.currency = x.currency and n.rate_on = x.rate_on
    )

select
    * exclude (numerator, denominator),
    divide(numerator, gcd(numerator, denominator)) as numerator,
    divide(denominator, gcd(numerator, denominator)) as denominator
from chosen
