-- What contracts have still to earn at each month-end and on the as-of date, per unit, by what was known on that day:
-- its stretch of that day runs on. Days from cancellable_from on are not promised.
with
    months as (
        select
            u.*,
            t.as_of as tenant_as_of,
            unnest(range({{ month_index("greatest(u.signed_on, u.known_from)") }}, t.as_of_month + 1)) as month_index
        from {{ ref("int_revenue__units") }} as u
        inner join {{ ref("stg_run__tenants") }} as t using (tenant_id)
    ),

    snapshots as (
        select
            * exclude (price_minor, starts_on, ends_on, recognition, transferred_on),
            {{ snapshot_on("month_index", "tenant_as_of") }} as as_of,
            coalesce(cancellable_from, {{ far_future() }}) as promised_until
        from months
    ),

    stretched as (
        select
            n.*,
            s.recognition,
            s.price_minor,
            s.base_minor,
            s.rest_minor,
            s.starts_on,
            s.ends_on,
            coalesce(s.transferred_on, s.ends_on) as due_on,
            (n.as_of + interval 12 month)::date as horizon_on,
            coalesce(
                {{ earned_by_day("c.base_minor", "c.rest_minor", "c.starts_on", "c.ends_on", "n.as_of") }}, 0
            ) as earned_minor
        from snapshots as n
        inner join
            {{ ref("int_revenue__unit_stretches") }} as s
            on n.tenant_id = s.tenant_id
            and n.source_kind = s.source_kind
            and n.source_id = s.source_id
            and n.as_of >= s.from_on
            and n.as_of < s.until_on
        left join
            {{ ref("int_revenue__curves") }} as c
            on n.tenant_id = c.tenant_id
            and n.source_kind = c.source_kind
            and n.source_id = c.source_id
            and n.as_of >= c.from_on
            and n.as_of < c.until_on
    ),

    remaining as (
        select
            *,
            case
                when promised_until <= as_of
                then 0
                when recognition = 'over_time'
                then
                    {{ earned_by_day("base_minor", "rest_minor", "starts_on", "ends_on", "(promised_until - 1)") }}
                    - earned_minor
                else price_minor - earned_minor
            end as remaining_minor
        from stretched
    )

select
    tenant_id,
    as_of,
    source_kind,
    source_id,
    currency,
    millionths_per_minor,
    earned_minor,
    price_minor,
    remaining_minor,
    case
        when remaining_minor = 0
        then 0
        when recognition = 'over_time'
        then
            {{
                earned_by_day(
                    "base_minor", "rest_minor", "starts_on", "ends_on", "least(horizon_on, promised_until - 1)"
                )
            }} - earned_minor
        when recognition = 'point_in_time'
        then case when due_on <= horizon_on then remaining_minor else 0 end
        else {{ earned_by_day("0", "remaining_minor", "(as_of + 1)", "ends_on", "horizon_on") }}
    end as current_minor
from remaining
where price_minor <> earned_minor
