-- Obligations of known contracts. Without days of its own an obligation runs with its contract.
with
    obligations as (
        select
            o.tenant_id,
            o.obligation_id,
            o.source,
            o.file_id,
            o.line,
            o.change_no,
            o.contract_id,
            o.product_id,
            o.recognition,
            o.standalone_price,
            coalesce(o.starts_on, k.starts_on) as starts_on,
            coalesce(o.ends_on, k.ends_on) as ends_on,
            case when o.recognition = 'point_in_time' then o.transferred_on end as transferred_on,
            k.set_aside_rule as contract_rule
        from {{ ref("int_revenue__obligations_unioned") }} as o
        inner join {{ ref("int_revenue__contracts_judged") }} as k using (tenant_id, contract_id)
    ),

    judged as (
        select
            *,
            case
                when contract_rule is not null
                then 'contract_is_set_aside'
                when standalone_price < 0
                then 'negative_price'
                when standalone_price >= 1000000000000
                then 'amount_too_large'
                when ends_on < starts_on
                then 'ends_before_start'
            end as own_rule
        from obligations
    )

select
    * exclude (own_rule, contract_rule),
    case when own_rule is null then {{ to_millionths("standalone_price") }} else 0 end as weight,
    coalesce(
        own_rule,
        case
            when sum(standalone_price) filter (where own_rule is null) over contract = 0
            then 'contract_without_standalone_price'
        end
    ) as set_aside_rule
from judged
window contract as (partition by tenant_id, contract_id)
