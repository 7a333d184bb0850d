-- The tenant's own rates as stretches of days in which nothing changes, per place and category: of each kind for
-- itself,
-- and of all kinds that a place bears together. A region bears its country's too, unless one tax stands for both (HST).
-- A place with a kind of which no rate is known has no stretch: half a rate would be a wrong one.
with
    dated as (
        select
            *,
            least(
                coalesce(valid_until, {{ far_future() }}),
                lead(valid_from, 1, {{ far_future() }}) over (
                    partition by tenant_id, jurisdiction, kind, category order by valid_from
                )
            ) as ends_on
        from {{ ref("int_tax__rates_unioned") }}
    ),

    placed as (
        select tenant_id, jurisdiction as place, kind as taken_as, 1 as kinds, category, kind, rate, valid_from, ends_on
        from dated
        union all
        select
            r.tenant_id,
            r.jurisdiction,
            'all',
            coalesce(len(string_split(p.kind, '+')), 1),
            r.category,
            r.kind,
            r.rate,
            r.valid_from,
            r.ends_on
        from dated as r
        left join {{ ref("int_tax__places") }} as p on r.jurisdiction = p.region_key and p.region_key = p.jurisdiction
        union all
        select
            r.tenant_id,
            p.jurisdiction,
            'all',
            len(string_split(p.kind, '+')),
            r.category,
            r.kind,
            r.rate,
            r.valid_from,
            r.ends_on
        from dated as r
        inner join {{ ref("int_tax__places") }} as p on r.jurisdiction = p.country and p.region_key = p.jurisdiction
        where p.kind <> 'HST'
    ),

    starts as (
        select tenant_id, place, taken_as, category, valid_from as starts_on
        from placed
        union
        select tenant_id, place, taken_as, category, ends_on
        from placed
    ),

    stretches as (
        select *, lead(starts_on) over (partition by tenant_id, place, taken_as, category order by starts_on) as ends_on
        from starts
    )

select
    s.tenant_id,
    s.place,
    s.taken_as,
    s.category,
    s.starts_on,
    s.ends_on,
    list(p.rate order by p.kind) as rates,
    sum(p.rate)::decimal(38, 12) as rate
from stretches as s
inner join
    placed as p
    on s.tenant_id = p.tenant_id
    and s.place = p.place
    and s.taken_as = p.taken_as
    and s.category = p.category
    and s.starts_on >= p.valid_from
    and s.starts_on < p.ends_on
group by all
having count(*) >= max(p.kinds)
