-- The last quote on or before each day, at most seven days old, for each pair that a conversion can go through.
with
    needed as (
        select distinct tenant_id, currency, reporting_currency, rate_on
        from {{ ref("int_fx__rates_needed") }}
        where currency <> reporting_currency
    ),

    pairs as (select distinct tenant_id, base, quote from {{ ref("int_fx__quotes") }}),

    lookups as (
        select tenant_id, currency as base, reporting_currency as quote, rate_on
        from needed
        union
        select n.tenant_id, p.base, p.quote, n.rate_on
        from needed as n
        inner join pairs as p on n.tenant_id = p.tenant_id and p.quote in (n.currency, n.reporting_currency)
    ),

    as_stored as (select * from {{ ref("int_fx__quotes") }} where not is_inverse),

    turned_round as (select * from {{ ref("int_fx__quotes") }} where is_inverse),

    direct as (
        select l.*, q.rate_on as quoted_on, q.numerator, q.denominator
        from lookups as l
        asof join
            as_stored as q
            on l.tenant_id = q.tenant_id
            and l.base = q.base
            and l.quote = q.quote
            and l.rate_on >= q.rate_on
    ),

    inverse as (
        select l.*, q.rate_on as quoted_on, q.numerator, q.denominator
        from lookups as l
        asof join
            turned_round as q
            on l.tenant_id = q.tenant_id
            and l.base = q.base
            and l.quote = q.quote
            and l.rate_on >= q.rate_on
    ),

    found as (
        select *, 'direct' as method
        from direct
        union all
        select *, 'inverse' as method
        from inverse
    )

select *
from found
where rate_on - quoted_on <= 7
qualify row_number() over (partition by tenant_id, base, quote, rate_on order by method) = 1
