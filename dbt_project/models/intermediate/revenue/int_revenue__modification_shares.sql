-- Which obligations a change reaches, and with how much of its price. Changes come one after the other, because an
-- earlier one may have moved an end. Without a named obligation those not finished by the day before share the change
-- by stand-alone price, by largest remainder, ties by obligation id; all of them where none is left.
with recursive
    states as (
        select
            tenant_id,
            contract_id,
            obligation_id,
            recognition,
            transferred_on,
            weight,
            price_minor,
            ends_on,
            0::bigint as step,
            false as is_reached,
            false as is_refused,
            0::bigint as share_minor
        from {{ ref("int_revenue__obligations_priced") }}

        union all

        (
            with
                reached as (
                    select
                        s.* exclude (step, is_reached, is_refused, share_minor),  -- noqa: RF02
                        p.step,
                        p.part_treatment,
                        p.price_change_minor,
                        p.new_ends_on,
                        case
                            s.recognition
                            when 'point_in_time'
                            then coalesce(s.transferred_on < p.effective_on, false)
                            when 'percent_complete'
                            then p.percent_before >= 100000000
                            else s.ends_on < p.effective_on
                        end as is_finished,
                        case
                            when p.named_obligation_id is not null
                            then p.named_obligation_id = s.obligation_id
                            else not is_finished or bool_and(is_finished) over contract
                        end as is_reached
                    from states as s
                    inner join {{ ref("int_revenue__modification_pairs") }} as p using (tenant_id, obligation_id)
                    where p.step = s.step + 1
                    window contract as (partition by s.tenant_id, s.contract_id)
                ),

                weighted as (
                    select
                        *,
                        case
                            when not is_reached
                            then 0
                            when sum(weight) filter (where is_reached) over contract > 0
                            then weight
                            else 1
                        end as part
                    from reached
                    window contract as (partition by tenant_id, contract_id)
                ),

                divided as (
                    select
                        *,
                        abs(price_change_minor) * part as product,
                        sum(part) over contract as whole,
                        divide(product, whole) as floor_minor
                    from weighted
                    window contract as (partition by tenant_id, contract_id)
                ),

                shared as (
                    select
                        *,
                        case
                            when
                                row_number() over by_remainder
                                <= abs(price_change_minor) - sum(floor_minor) over contract
                            then 1
                            else 0
                        end as extra,
                        (sign(price_change_minor) * (floor_minor + extra))::bigint as share_minor
                    from divided
                    window
                        contract as (partition by tenant_id, contract_id),
                        by_remainder as (
                            partition by tenant_id, contract_id
                            order by is_reached desc, product % whole desc, obligation_id asc
                        )
                ),

                judged as (
                    select
                        *,
                        part_treatment = 'separate_contract' as is_separate,
                        not is_separate and bool_or(price_minor + share_minor < 0) over contract as is_refused
                    from shared
                    window contract as (partition by tenant_id, contract_id)
                )

            select
                tenant_id,
                contract_id,
                obligation_id,
                recognition,
                transferred_on,
                weight,
                case when is_separate or is_refused then price_minor else price_minor + share_minor end,
                case
                    when is_reached and not is_separate and not is_refused
                    then coalesce(new_ends_on, ends_on)
                    else ends_on
                end,
                step,
                is_reached,
                is_refused,
                share_minor
            from judged
        )
    )

select tenant_id, contract_id, obligation_id, step, is_reached, is_refused, share_minor, ends_on as last_day
from states
where step > 0
