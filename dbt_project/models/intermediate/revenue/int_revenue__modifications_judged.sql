-- Changes of contracts up to the as-of date, and the path by which each is accounted for.
with
    priced as (select distinct tenant_id, contract_id from {{ ref("int_revenue__obligations_priced") }}),

    changes as (
        select
            m.*,
            k.currency,
            k.millionths_per_minor,
            k.customer_id,
            k.entity_id,
            k.signed_on,
            k.ends_on as contract_ends_on,
            k.cancellable_from,
            k.set_aside_rule as contract_rule,
            o.obligation_id is not null as is_obligation_known,
            p.contract_id is not null as is_contract_priced,
            {{ to_minor("m.price_change", "k.millionths_per_minor") }} as price_change_minor,
            case
                when m.is_distinct and m.is_at_standalone_price
                then 'separate_contract'
                when m.is_distinct
                then 'prospective'
                else 'cumulative_catch_up'
            end as part_treatment
        from {{ ref("int_revenue__contract_modifications_unioned") }} as m
        inner join {{ ref("int_revenue__contracts_judged") }} as k using (tenant_id, contract_id)
        left join
            {{ ref("int_revenue__obligations_priced") }} as o
            on m.tenant_id = o.tenant_id
            and m.contract_id = o.contract_id
            and m.obligation_id = o.obligation_id
        left join priced as p on m.tenant_id = p.tenant_id and m.contract_id = p.contract_id
        where m.effective_on <= k.as_of
    ),

    judged as (
        select
            * exclude (contract_rule, is_obligation_known, is_contract_priced),
            case
                when contract_rule is not null
                then 'contract_is_set_aside'
                when price_change_minor is null
                then 'more_decimals_than_currency'
                when abs(price_change_minor) >= 1000000000000000
                then 'amount_too_large'
                when effective_on < signed_on
                then 'changed_before_signature'
                when new_ends_on < effective_on
                then 'ends_before_start'
                when not is_contract_priced and part_treatment <> 'separate_contract'
                then 'contract_without_obligations'
                when obligation_id is not null and not is_obligation_known
                then 'obligation_not_in_contract'
                when part_treatment = 'separate_contract' and price_change_minor <= 0
                then 'separate_contract_without_price'
            end as set_aside_rule
        from changes
    )

select
    *,
    case
        when set_aside_rule is null
        then
            row_number() over (
                partition by tenant_id, contract_id, set_aside_rule is null order by effective_on, modification_id
            )
    end as step
from judged
