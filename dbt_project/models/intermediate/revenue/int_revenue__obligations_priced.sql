-- The contract's price over its obligations by relative stand-alone price, by largest rest_of_division, ties by
-- obligation id.
with
    shares as (
        select
            o.tenant_id,
            o.obligation_id,
            o.contract_id,
            o.product_id,
            o.recognition,
            o.weight,
            o.starts_on,
            o.ends_on,
            o.transferred_on,
            k.customer_id,
            k.entity_id,
            k.currency,
            k.millionths_per_minor,
            k.signed_on,
            k.ends_on as contract_ends_on,
            k.cancellable_from,
            k.total_minor,
            divide(k.total_minor * o.weight, sum(o.weight) over contract) as whole_minor,
            (k.total_minor * o.weight) % (sum(o.weight) over contract) as rest_of_division
        from {{ ref("int_revenue__obligations_judged") }} as o
        inner join {{ ref("int_revenue__contracts_judged") }} as k using (tenant_id, contract_id)
        where o.set_aside_rule is null
        window contract as (partition by o.tenant_id, o.contract_id)
    )

select
    * exclude (whole_minor, rest_of_division, total_minor),
    (
        whole_minor
        + case when row_number() over by_remainder <= total_minor - sum(whole_minor) over contract then 1 else 0 end
    )::bigint as price_minor
from shares
window
    contract as (partition by tenant_id, contract_id),
    by_remainder as (partition by tenant_id, contract_id order by rest_of_division desc, obligation_id asc)
