-- Where documents stand that name no entity: the root, the first by id where there are several.
select
    t.tenant_id,
    coalesce(min(e.entity_id) filter (where e.parent_entity_id is null), min(e.entity_id), 'default') as entity_id
from {{ ref("stg_run__tenants") }} as t
left join {{ ref("stg_csv__entities") }} as e using (tenant_id)
group by t.tenant_id
