-- What a contract earns revenue with: its obligations, and changes that are contracts of their own. An invoice line
-- bills the unit that its obligation_id names; a change can be named so too, where no obligation bears its id.
with
    obligations as (
        select
            tenant_id,
            'obligation' as source_kind,
            obligation_id as source_id,
            obligation_id as billed_as,
            contract_id,
            customer_id,
            entity_id,
            product_id,
            currency,
            millionths_per_minor,
            signed_on,
            signed_on as known_from,
            cancellable_from,
            recognition,
            starts_on,
            ends_on,
            transferred_on,
            price_minor
        from {{ ref("int_revenue__obligations_priced") }}
    ),

    separate as (
        select
            m.tenant_id,
            'modification' as source_kind,
            m.modification_id as source_id,
            case when taken.source_id is null then m.modification_id end as billed_as,
            m.contract_id,
            m.customer_id,
            m.entity_id,
            o.product_id,
            m.currency,
            m.millionths_per_minor,
            m.signed_on,
            m.effective_on as known_from,
            m.cancellable_from,
            'over_time' as recognition,
            m.effective_on as starts_on,
            m.separate_ends_on as ends_on,
            null::date as transferred_on,
            m.price_change_minor as price_minor
        from {{ ref("int_revenue__modifications_applied") }} as m
        left join obligations as o on m.tenant_id = o.tenant_id and m.obligation_id = o.source_id
        left join obligations as taken on m.tenant_id = taken.tenant_id and m.modification_id = taken.source_id
        where m.set_aside_rule is null and m.part_treatment = 'separate_contract'
    )

select *
from obligations
union all by name
select *
from separate
