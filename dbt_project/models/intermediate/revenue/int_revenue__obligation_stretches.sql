-- How each obligation is earned from each change on, one after the other, because a change starts from what is earned
-- by then. A stretch is its base, earned before it, and its rest, earned by day from starts_on to ends_on or over the
-- percent above from_percent. Beside what was done stands what each treatment would have made of the day.
{% set kept = {
    "price": "price_minor",
    "base": "base_minor",
    "rest": "rest_minor",
    "starts_on": "starts_on",
    "ends_on": "ends_on",
    "from_percent": "from_percent",
} %}
{% set ahead = {
    "price": "changed_minor",
    "base": "before_minor",
    "rest": "(changed_minor - before_minor)",
    "starts_on": "greatest(effective_on, line_starts_on)",
    "ends_on": "changed_ends_on",
    "from_percent": "percent_before",
} %}
{% set again = {
    "price": "changed_minor",
    "base": "0",
    "rest": "changed_minor",
    "starts_on": "line_starts_on",
    "ends_on": "changed_ends_on",
    "from_percent": "0",
} %}
with recursive
    changes as (
        select
            p.*,
            s.share_minor,
            s.is_reached and not s.is_refused and p.part_treatment = 'prospective' as is_ahead,
            s.is_reached and not s.is_refused and p.part_treatment = 'cumulative_catch_up' as is_again,
            row_number() over (partition by p.tenant_id, p.obligation_id order by p.step) as turn
        from {{ ref("int_revenue__modification_pairs") }} as p
        inner join {{ ref("int_revenue__modification_shares") }} as s using (tenant_id, obligation_id, step)
        where s.is_reached
    ),

    stretches as (
        select
            tenant_id,
            obligation_id,
            recognition,
            transferred_on,
            starts_on as line_starts_on,
            0::bigint as turn,
            null::varchar as modification_id,
            date '0001-01-01' as from_on,
            price_minor,
            0::bigint as base_minor,
            price_minor as rest_minor,
            starts_on,
            ends_on,
            0::bigint as from_percent,
            0::bigint as catch_up_minor,
            0::bigint as unchanged_price_minor,
            0::bigint as unchanged_minor,
            0::bigint as prospective_minor,
            0::bigint as cumulative_catch_up_minor
        from {{ ref("int_revenue__obligations_priced") }}

        union all

        (
            with
                met as (
                    select
                        s.* exclude (turn, modification_id),  -- noqa: RF02
                        c.turn,
                        c.modification_id,
                        c.effective_on,
                        c.is_ahead,
                        c.is_again,
                        c.percent_before,
                        c.percent_on,
                        s.price_minor + c.share_minor as changed_minor,
                        coalesce(c.new_ends_on, s.ends_on) as changed_ends_on,
                        {{ earned(kept, "percent_before", "(effective_on - 1)") }} as before_minor
                    from stretches as s
                    inner join changes as c using (tenant_id, obligation_id)
                    where c.turn = s.turn + 1
                )

            select
                tenant_id,
                obligation_id,
                recognition,
                transferred_on,
                line_starts_on,
                turn,
                modification_id,
                effective_on,
                case when is_ahead or is_again then changed_minor else price_minor end,
                case when is_ahead then before_minor when is_again then 0 else base_minor end,
                case
                    when is_ahead then changed_minor - before_minor when is_again then changed_minor else rest_minor
                end,
                case
                    when is_ahead
                    then greatest(effective_on, line_starts_on)
                    when is_again
                    then line_starts_on
                    else starts_on
                end,
                case when is_ahead or is_again then changed_ends_on else ends_on end,
                case when is_ahead then percent_before when is_again then 0 else from_percent end,
                case
                    when is_again then {{ earned(again, "percent_before", "(effective_on - 1)") }} - before_minor else 0
                end,
                price_minor,
                {{ earned(kept, "percent_on", "effective_on") }},
                {{ earned(ahead, "percent_on", "effective_on") }},
                {{ earned(again, "percent_on", "effective_on") }}
            from met
        )
    )

select *, lead(from_on, 1, {{ far_future() }}) over (partition by tenant_id, obligation_id order by turn) as until_on
from stretches
