-- The stretches of all units of contracts, with what each unit costs from a change on.
select
    o.tenant_id,
    'obligation' as source_kind,
    o.obligation_id as source_id,
    o.recognition,
    o.from_on,
    o.until_on,
    o.price_minor,
    o.base_minor,
    o.rest_minor,
    o.starts_on,
    o.ends_on,
    o.from_percent,
    o.transferred_on
from {{ ref("int_revenue__obligation_stretches") }} as o
where o.from_on < o.until_on
union all by name
select
    u.tenant_id,
    u.source_kind,
    u.source_id,
    u.recognition,
    u.known_from as from_on,
    {{ far_future() }} as until_on,
    u.price_minor,
    0::bigint as base_minor,
    u.price_minor as rest_minor,
    u.starts_on,
    u.ends_on,
    0::bigint as from_percent,
    null::date as transferred_on
from {{ ref("int_revenue__units") }} as u
where u.source_kind = 'modification'
